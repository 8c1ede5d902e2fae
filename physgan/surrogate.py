"""The trained thing: load it, ask what it covers, sample from it."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.conditions import condition_columns
from physgan.data import DatasetInfo, write_events
from physgan.data.files import sha256_of, write_atomically
from physgan.description import Description
from physgan.domains import domain_of
from physgan.domains.showers.copula import ShowerCopula
from physgan.domains.spins.clipped_gaussian import ClippedGaussian
from physgan.errors import InputError, VerificationError
from physgan.networks import (
    Generator,
    LikelihoodGenerator,
    build_generator,
    flops_of,
    pack_parameters,
    unpack_parameters,
)
from physgan.pretrained import pretrained_folder, pretrained_names
from physgan.refinement import Chain, independence_sampler
from simulators.protocol import Conditions, Progress, Samples

__all__ = ["Surrogate", "load"]

_DESCRIPTION = "surrogate.json"
_WEIGHTS = "weights.npz"
_CHUNK_SITES = 1 << 20
_SHARD_EVENTS = 65_536


class Surrogate:
    """A trained source of samples with the signature of a simulator.

    Args:
        description: what it is.
        state: a generator's parameters (a method of `NETWORKS`) or a fitted baseline.

    Example:
        >>> surrogate = physgan.load("runs/ising-32")  # doctest: +SKIP
        >>> samples = surrogate.sample({"temperature": 2.3}, count=1000, seed=1)  # doctest: +SKIP
    """

    def __init__(self, description: Description, state: Any) -> None:
        self.description = description
        self.state = state
        self.conditions = description.conditions
        self.fields = description.fields
        self.grid = description.grid
        self._domain = domain_of(description)
        self._draw: Callable[..., jax.Array] | None = None
        self._log_density: Callable[[Any, Any], Any] | None = None
        if description.method in NETWORKS:
            self._fresh = _fresh_generator(description)
            self._graph = nnx.split(self._fresh)[0]
            if isinstance(self._fresh, LikelihoodGenerator):
                self._log_density = self._domain.log_density(description.parameters)
            self._draw = self._generator()

    @property
    def name(self) -> str:
        """The method's name."""
        return self.description.method

    @property
    def parameter_count(self) -> int:
        """Numbers that were learnt or fitted."""
        state = self.state if self._draw else self.state.state
        return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(state))

    def generator(self) -> Generator:
        """The trained network itself: noise and conditions in, network space out.

        Raises:
            InputError: for a method without a network.
        """
        if self._draw is None:
            raise InputError(f"expected a method with a network, such as gan; got {self.name}")
        return nnx.merge(self._graph, self.state)

    def flops_per_sample(self, batch: int = 64) -> float | None:
        """Floating-point operations of the generator's forward pass, a sample.

        Without random numbers and symmetries; None for what is fitted and not a network.

        Args:
            batch: samples of the pass that is counted.
        """
        if self._draw is None:
            return None
        width = self._fresh.noise_size(self.description.size)
        noise = jax.ShapeDtypeStruct((batch, width), jnp.float32)
        conditions = jax.ShapeDtypeStruct((batch, len(self.conditions)), jnp.float32)
        return flops_of(self._forward, self.state, noise, conditions) / batch

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        size: int | None = None,
        proposals: int = 1,
        progress: Progress | None = None,
    ) -> Samples:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`.

        An event is a function of (seed, event number, its conditions), up to float rounding.

        Args:
            conditions: one number for all events, or arrays of shape (count,), physical units.
            count: number of events.
            seed: the run.
            first_event: number of the first event.
            extrapolate: whether to go on outside the trained range.
            size: length of the samples' axes, if other than trained: twice it, four times ...
            proposals: draws an event, of which `independence_sampler` keeps one by the physics'
                own weight; 1 is the generator itself. For kinds of samples whose weight is
                known, such as spins.
            progress: called with (done, count).

        Returns:
            One array of shape (count, *axes) for each field.

        Raises:
            InputError: for conditions that are missing, of wrong length or outside the trained
                range, or a size or proposals that the method does not allow.
        """
        matrix = condition_columns(self.conditions, conditions, count, extrapolate)
        size = self._checked_size(size)
        self._check_proposals(proposals)
        if self._draw is None:
            given = {c.name: matrix[:, i] for i, c in enumerate(self.conditions)}
            return self.state.sample(
                given,
                count,
                seed,
                first_event=first_event,
                extrapolate=extrapolate,
                progress=progress,
            )
        parts: list[Samples] = []
        chunk = _chunk(count, self._numbers(size))
        for start in range(0, max(count, 1), chunk):
            rows = matrix[start : start + chunk]
            padded = (
                np.resize(rows, (chunk, matrix.shape[1]))
                if count
                else np.ones((1, matrix.shape[1]))
            )
            events = np.uint32(first_event + start) + np.arange(chunk, dtype=np.uint32)
            drawn = self._draw(self.state, jax.random.key(seed), events, padded, size, proposals)
            parts.append(self._domain.decode(np.asarray(drawn)[: len(rows)]))
            if progress is not None:
                progress(min(start + chunk, count), count)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def write(
        self,
        path: str | Path,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        extrapolate: bool = False,
        size: int | None = None,
        proposals: int = 1,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Sample into a dataset file or folder; resumable, in bounded memory.

        Args: see `sample`.

        Returns:
            {"path", "events", "seconds_per_sample"}.
        """
        matrix = condition_columns(self.conditions, conditions, count, extrapolate)

        def produce(first: int, number: int, report: Progress) -> tuple[Samples, dict]:
            rows = matrix[first : first + number]
            given = {c.name: rows[:, i] for i, c in enumerate(self.conditions)}
            drawn = self.sample(
                given,
                number,
                seed,
                first_event=first,
                extrapolate=extrapolate,
                size=size,
                proposals=proposals,
                progress=report,
            )
            return drawn, {name: values.astype(float) for name, values in given.items()}

        definition = {
            "source": "surrogate",
            "weights": self.description.weights_sha256,
            "conditions": {
                c.name: np.unique(matrix[:, i]).tolist() for i, c in enumerate(self.conditions)
            },
            "count": count,
            "seed": seed,
            "size": self._checked_size(size),
            **({"proposals": proposals} if proposals != 1 else {}),
        }
        manifest = write_events(
            path,
            self._info(matrix, seed),
            count,
            produce,
            definition=definition,
            shard_size=_SHARD_EVENTS,
            progress=progress,
        )
        return {
            "path": str(path),
            "events": count,
            "seconds_per_sample": manifest.seconds_per_sample,
        }

    def save(self, folder: str | Path) -> None:
        """Write surrogate.json and weights.npz; see `load`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = folder / _WEIGHTS
        if self._draw is None:
            self.state.save(weights)
        else:
            write_atomically(weights, pack_parameters(self.state))
        self.description = replace(self.description, weights_sha256=sha256_of(weights))
        write_atomically(folder / _DESCRIPTION, self.description.to_json().encode())

    def _numbers(self, size: int) -> int:
        """Numbers that the generator holds for a sample: its noise, or its largest layer."""
        return max(self._fresh.noise_size(size), getattr(self._fresh, "activations", 0))

    def _forward(self, parameters: Any, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        generator: Generator = nnx.merge(self._graph, parameters)
        return generator(noise, conditions)

    def _generator(self) -> Callable[..., jax.Array]:
        """(parameters, key, events, conditions, size, proposals) -> samples in network space."""

        def draw(
            parameters: Any, keys: jax.Array, conditions: jax.Array, numbers: int
        ) -> jax.Array:
            noise = jax.vmap(lambda key: jax.random.uniform(key, (numbers,)))(keys)
            return self._forward(parameters, noise, conditions)

        def log_weight(parameters: Any, samples: jax.Array, conditions: jax.Array) -> jax.Array:
            generator = nnx.merge(self._graph, parameters)
            assert isinstance(generator, LikelihoodGenerator)
            assert self._log_density is not None
            cost = generator.negative_log_likelihood(samples, conditions)
            return self._log_density(samples, conditions) + cost

        @lru_cache
        def chain_of(numbers: int) -> Chain:
            return independence_sampler(partial(draw, numbers=numbers), log_weight)

        transform = jax.jit(self._domain.transform)

        def sample(
            parameters: Any,
            key: jax.Array,
            events: np.ndarray,
            conditions: np.ndarray,
            size: int,
            proposals: int,
        ) -> jax.Array:
            keys = _event_keys(key, events)
            chain = chain_of(self._fresh.noise_size(size))
            given = jnp.asarray(conditions, jnp.float32)
            return transform(keys[:, 1], chain(parameters, keys[:, 0], given, proposals))

        return sample

    def _check_proposals(self, proposals: int) -> None:
        if proposals < 1:
            raise InputError(f"expected proposals of 1 or more; got {proposals}")
        if proposals > 1 and self._log_density is None:
            raise InputError(
                f"expected proposals of 1: the weight of {self.description.domain} by "
                f"{self.name} is not known; got {proposals}"
            )

    def _info(self, matrix: np.ndarray, seed: int) -> DatasetInfo:
        spans = zip(self.conditions, matrix.min(0), matrix.max(0), strict=True)
        d = self.description
        return DatasetInfo(
            domain=d.domain,
            fields=d.fields,
            conditions=tuple(
                replace(c, minimum=float(low), maximum=float(high)) for c, low, high in spans
            ),
            simulator=d.simulator,
            simulator_version=d.simulator_version,
            grid=d.grid,
            parameters=d.parameters,
            seed=seed,
            source="surrogate",
        )

    def _checked_size(self, size: int | None) -> int:
        trained = self.description.size
        if size is None or size == trained:
            return trained
        several = self._draw is not None and trained > 0
        power = size // trained if several and size > trained and size % trained == 0 else 0
        if power.bit_count() != 1:
            allowed = f"{trained}, {2 * trained}, ..." if several else str(trained or "none")
            raise InputError(f"expected size {allowed}; got {size}")
        return size


NETWORKS = ("gan", "vae", "flow-matching")
"""Methods whose state is the parameters of a network."""

FITTED: dict[str, Callable[[Path, Description], Any]] = {
    "clipped-gaussian": lambda weights, source: ClippedGaussian.load(weights, heat_bath=True),
    "copula": ShowerCopula.load,
}
"""Method without a network -> how its file of weights is loaded, given the description."""


@jax.jit
def _event_keys(key: jax.Array, events: jax.Array) -> jax.Array:
    """Two keys an event, of the draw and of the symmetry: shape (n, 2)."""
    return jax.vmap(lambda event: jax.random.split(jax.random.fold_in(key, event)))(events)


def load(path: str | Path) -> Surrogate:
    """Load a surrogate.

    Args:
        path: the folder of a training run, its surrogate/ itself, or the name of a surrogate
            that comes with the package, such as "calo-pb-lar".

    Raises:
        InputError: if there is none.
        VerificationError: if its weights are not those that were saved.
    """
    folder = Path(path)
    if not folder.exists() and str(path) in pretrained_names():
        folder = pretrained_folder(str(path))
    if (folder / "surrogate" / _DESCRIPTION).exists():
        folder = folder / "surrogate"
    try:
        description = Description.from_json((folder / _DESCRIPTION).read_text())
    except FileNotFoundError:
        raise InputError(
            f"expected a trained surrogate; {path} holds no {_DESCRIPTION}; train one there, or "
            f"use one of the package's ({', '.join(pretrained_names())})"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"expected a surrogate; {folder / _DESCRIPTION} is not one") from None
    weights = folder / _WEIGHTS
    if not weights.exists() or sha256_of(weights) != description.weights_sha256:
        raise VerificationError(
            f"expected {weights} as it was saved; it is missing or altered; train again"
        )
    if description.method in FITTED:
        return Surrogate(description, FITTED[description.method](weights, description))
    if description.method not in NETWORKS:
        known = ", ".join([*NETWORKS, *FITTED])
        raise InputError(f"expected a method ({known}); got {description.method!r} in {path}")
    like = nnx.to_pure_dict(nnx.split(_fresh_generator(description))[1])
    return Surrogate(description, unpack_parameters(weights, like))


def _fresh_generator(description: Description) -> Generator:
    exact_parts = domain_of(description).exact_parts(description.parameters)
    return build_generator(description.network, exact_parts)


def _chunk(count: int, numbers: int) -> int:
    """Events a call, in bounded memory: up to an eighth more than are asked for.

    Eight numbers an octave, so that few shapes are compiled.
    """
    largest = max(1, _CHUNK_SITES // numbers)
    step = 1 << max(0, (count - 1).bit_length() - 4)
    return min(-(-max(count, 1) // step) * step, 1 << (largest.bit_length() - 1))
