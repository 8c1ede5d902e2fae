"""The trained thing: load it, ask what it covers, sample from it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.data import Axis, Condition, DatasetInfo, Field, write_events
from physgan.data.files import sha256_of, write_atomically
from physgan.domains import domain_of
from physgan.domains.showers.copula import ShowerCopula
from physgan.domains.spins.clipped_gaussian import ClippedGaussian
from physgan.errors import InputError, VerificationError
from physgan.networks import (
    Generator,
    build_generator,
    flops_of,
    pack_parameters,
    unpack_parameters,
)
from physgan.pretrained import pretrained_folder, pretrained_names
from simulators.protocol import Conditions, Progress, Samples

__all__ = ["Description", "Surrogate", "load"]

FORMAT = "physgan-surrogate"
FORMAT_VERSION = 1

_DESCRIPTION = "surrogate.json"
_WEIGHTS = "weights.npz"
_CHUNK_SITES = 1 << 22
_SHARD_EVENTS = 65_536


@dataclass(frozen=True)
class Description:
    """What a surrogate says about itself; kept as surrogate.json beside its weights.

    Args:
        method: one of `NETWORKS` or of `FITTED`.
        domain: kind of sample.
        size: length of the samples' axes in training, 0 where they have no common one.
        conditions: with the trained range as minimum and maximum.
        fields: what `Surrogate.sample` returns.
        grid: coordinates or bin edges of their axes.
        simulator: what was emulated.
        simulator_version: its version.
        parameters: its fixed parameters.
        network: settings of the generator, see `networks.build_generator`.
        training: settings of the training run.
        seed: of the training run.
        versions: of the packages that trained it.
        weights_sha256: of the weights' file.
    """

    method: str
    domain: str
    size: int
    conditions: tuple[Condition, ...]
    fields: tuple[Field, ...]
    grid: tuple[Axis, ...]
    simulator: str
    simulator_version: str
    parameters: dict[str, Any]
    network: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    weights_sha256: str = ""

    @classmethod
    def of(cls, info: DatasetInfo, method: str, size: int, **more: Any) -> "Description":
        """Describe a surrogate trained on a dataset.

        Args:
            info: the dataset's.
            method: see the class.
            size: length of the samples' axes.
            more: network, training and seed.
        """
        return cls(
            method,
            info.domain,
            size,
            info.conditions,
            tuple(f for f in info.fields if f.name == domain_of(info).field),
            info.grid,
            info.simulator,
            info.simulator_version,
            info.parameters,
            versions={name: version(name) for name in ("physgan", "jax", "flax")},
            **more,
        )

    def to_json(self) -> str:
        """JSON with the format's name and version."""
        return json.dumps(
            {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> "Description":
        """Inverse of `to_json`.

        Raises:
            ValueError, KeyError, TypeError: if `text` is not such a description.
        """
        content = json.loads(text)
        if (content.pop("format"), content.pop("format_version")) != (FORMAT, FORMAT_VERSION):
            raise ValueError("another format or version")
        content["conditions"] = tuple(Condition(**item) for item in content["conditions"])
        content["fields"] = tuple(
            Field(**{**item, "axes": tuple(item["axes"])}) for item in content["fields"]
        )
        content["grid"] = tuple(
            Axis(**{**item, "values": tuple(item["values"])}) for item in content.get("grid", ())
        )
        return cls(**content)


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
        if description.method in NETWORKS:
            self._fresh = _fresh_generator(description)
            self._draw = jax.jit(self._generator())

    @property
    def name(self) -> str:
        """The method's name."""
        return self.description.method

    @property
    def parameter_count(self) -> int:
        """Numbers that were learnt or fitted."""
        state = self.state if self._draw else self.state.state
        return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(state))

    def flops_per_sample(self, batch: int = 64) -> float | None:
        """Floating-point operations of the generator's forward pass, a sample.

        Without random numbers and symmetries; None for what is fitted and not a network.

        Args:
            batch: samples of the pass that is counted.
        """
        if self._draw is None:
            return None
        graph, _ = nnx.split(self._fresh)

        def forward(parameters: Any, noise: jax.Array, conditions: jax.Array) -> jax.Array:
            generator: Generator = nnx.merge(graph, parameters)
            return generator(noise, conditions)

        width = self._fresh.noise_size(self.description.size)
        noise = jax.ShapeDtypeStruct((batch, width), jnp.float32)
        conditions = jax.ShapeDtypeStruct((batch, len(self.conditions)), jnp.float32)
        return flops_of(forward, self.state, noise, conditions) / batch

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        size: int | None = None,
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
            progress: called with (done, count).

        Returns:
            One array of shape (count, *axes) for each field.

        Raises:
            InputError: for conditions that are missing, of wrong length or outside the trained
                range, or a size that the network does not allow.
        """
        matrix = self._matrix(conditions, count, extrapolate)
        size = self._checked_size(size)
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
            drawn = self._draw(self.state, jax.random.key(seed), events, padded, _Size(size))
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
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Sample into a dataset file or folder; resumable, in bounded memory.

        Returns:
            {"path", "events", "seconds_per_sample"}.
        """
        matrix = self._matrix(conditions, count, extrapolate)

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

    def _generator(self) -> Callable[..., jax.Array]:
        graph, _ = nnx.split(self._fresh)
        transform = self._domain.transform

        def draw(
            parameters: Any, key: jax.Array, events: jax.Array, conditions: jax.Array, size: "_Size"
        ) -> jax.Array:
            keys = jax.vmap(lambda event: jax.random.split(jax.random.fold_in(key, event)))(events)
            generator: Generator = nnx.merge(graph, parameters)
            length = generator.noise_size(size.value)
            noise = jax.vmap(lambda k: jax.random.uniform(k, (length,)))(keys[:, 0])
            drawn = generator(noise, conditions.astype(jnp.float32))
            return transform(keys[:, 1], drawn)

        return draw

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

    def _matrix(self, conditions: Conditions, count: int, extrapolate: bool) -> np.ndarray:
        """Conditions as columns, checked: float32 (count, number of conditions)."""
        names = [c.name for c in self.conditions]
        if set(conditions) != set(names):
            raise InputError(f"expected the conditions {names}; got {sorted(conditions)}")
        if count < 0:
            raise InputError(f"expected a count of 0 or more; got {count}")
        columns = [_column(c, conditions[c.name], count) for c in self.conditions]
        for condition, column in zip(self.conditions, columns, strict=True):
            _check_range(condition, column, extrapolate)
        return np.stack(columns, -1) if columns else np.zeros((count, 0), np.float32)


NETWORKS = ("gan", "vae", "flow-matching")
"""Methods whose state is the parameters of a network."""

FITTED: dict[str, Callable[[Path, Description], Any]] = {
    "clipped-gaussian": lambda weights, source: ClippedGaussian.load(weights, heat_bath=True),
    "copula": ShowerCopula.load,
}
"""Method without a network -> how its file of weights is loaded, given the description."""


@jax.tree_util.register_static
@dataclass(frozen=True)
class _Size:
    """A length that a compiled function is specialised to."""

    value: int


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
    """Events a call: a power of two, so that few shapes are compiled, in bounded memory."""
    largest = max(1, _CHUNK_SITES // numbers)
    return min(1 << max(0, count - 1).bit_length(), 1 << (largest.bit_length() - 1))


def _column(condition: Condition, given: Any, count: int) -> np.ndarray:
    values = np.asarray(given, np.float32)
    if values.shape not in ((), (count,)):
        raise InputError(
            f"expected {condition.name} to be one number or {count}; got shape {values.shape}"
        )
    return np.broadcast_to(values, (count,))


def _check_range(condition: Condition, values: np.ndarray, extrapolate: bool) -> None:
    tolerance = 1e-5 * max(abs(condition.minimum), abs(condition.maximum))
    inside = (values >= condition.minimum - tolerance) & (values <= condition.maximum + tolerance)
    outside = values[~inside]
    if outside.size and not (extrapolate and np.all(np.isfinite(outside)) and outside.min() > 0):
        raise InputError(
            f"expected {condition.name} in [{condition.minimum:g}, {condition.maximum:g}] "
            f"{condition.unit} (trained range); got {outside[0]:g}; "
            "pass extrapolate=True to sample anyway"
        )
