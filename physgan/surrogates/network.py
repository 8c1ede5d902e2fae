"""Sampling from a network: chunks of events in bounded memory, each event with its own key."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.data.files import write_atomically
from physgan.domains import domain_of
from physgan.networks import (
    Generator,
    LikelihoodGenerator,
    Rejection,
    flops_of,
    pack_parameters,
)
from physgan.surrogates.conditions import condition_matrix
from physgan.surrogates.description import FORMAT_VERSION, Description
from physgan.surrogates.devices import on_devices
from physgan.surrogates.independence_sampler import Chain, independence_sampler
from physgan.surrogates.rejection_sampler import Draws, sample_by_rejection
from physgan.surrogates.weights import read_weights
from simulators.protocol import Progress, Samples

__all__ = ["NetworkSampler"]

_CHUNK_SITES = 1 << 20


class NetworkSampler:
    """Draws from a generator; see `Sampler`.

    Args:
        description: of the surrogate.
        parameters: of the generator, nested dicts.
        shapes: the generator with the shapes of its parameters only; built if None.
    """

    def __init__(
        self, description: Description, parameters: Any, shapes: Generator | None = None
    ) -> None:
        self.description, self.parameters = description, parameters
        self._domain = domain_of(description)
        self._fresh = shapes or _shapes_of(description)
        self._graph = nnx.split(self._fresh)[0]
        self._log_density = (
            self._domain.log_density(description.parameters)
            if isinstance(self._fresh, LikelihoodGenerator)
            else None
        )
        self._transform = jax.jit(self._domain.transform)
        self._chain_of = lru_cache(self._chain)
        self._attempt_of = lru_cache(self._attempt)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process as what it is built from: compiled programs stay behind."""
        return NetworkSampler, (self.description, self.parameters)

    @classmethod
    def load(cls, weights: Path, description: Description) -> "NetworkSampler":
        """Read the file of weights of a description.

        Raises:
            InputError: if the file holds the parameters of another network.
            VerificationError: for weights that are not finite.
        """
        shapes = _shapes_of(description)
        like = nnx.to_pure_dict(nnx.split(shapes)[1])
        parameters = read_weights(weights, like)
        if description.format_version < FORMAT_VERSION:
            parameters = _rescaled(shapes, parameters)
        return cls(description, parameters, shapes)

    @property
    def scalable(self) -> bool:
        """Whether the network serves samples larger than it was trained on."""
        return self.description.size > 0

    @property
    def proposes(self) -> bool:
        """Whether an independence sampler can be used: generator's and target density are known."""
        return self._log_density is not None

    @property
    def parameter_count(self) -> int:
        """Number of learnt parameters."""
        return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(self.parameters))

    def generator(self) -> Generator:
        """The trained network: noise and conditions to samples in network space."""
        return nnx.merge(self._graph, self.parameters)

    def flops_per_sample(self, batch: int = 64) -> float:
        """Floating-point operations of the forward pass per sample.

        Without random numbers and symmetries. With rejection, of a draw and the discriminator.

        Args:
            batch: samples of the pass that is counted.
        """
        about = self.description
        noise = jax.ShapeDtypeStruct((batch, self._fresh.noise_size(about.size)), jnp.float32)
        conditions = jax.ShapeDtypeStruct((batch, len(about.conditions)), jnp.float32)
        return flops_of(self._counted, self.parameters, noise, conditions) / batch

    def draw(
        self,
        conditions: Mapping[str, np.ndarray],
        count: int,
        seed: int,
        *,
        first_event: int,
        size: int,
        proposals: int,
        progress: Progress | None,
    ) -> Samples:
        """See `Sampler.draw`."""
        matrix = condition_matrix(self.description.conditions, conditions, count)
        noise, constants = self._fresh.noise_size(size), (self.parameters, jax.random.key(seed))
        copies = cache(partial(jax.device_put, constants))
        chunk = _chunk(count, max(noise, getattr(self._fresh, "activations", 0)))
        if count and isinstance(self._fresh, Rejection):
            first = np.uint32(first_event)
            samples = self._kept(matrix, copies, first, noise, chunk, progress)
            return dict(self._domain.decode(samples))
        chain = self._chain_of(noise)

        def states(start: int, device: jax.Device) -> jax.Array:
            rows = matrix[start : start + chunk]
            padded = (
                np.resize(rows, (chunk, matrix.shape[1]))
                if count
                else np.ones((1, matrix.shape[1]), np.float32)
            )
            events = np.uint32(first_event + start) + np.arange(chunk, dtype=np.uint32)
            parameters, run = copies(device)
            keys = _event_keys(run, jax.device_put(events, device))
            given = jax.device_put(np.asarray(padded, np.float32), device)
            return self._transform(keys[:, 1], chain(parameters, keys[:, 0], given, proposals))

        parts: list[Samples] = []
        starts = range(0, max(count, 1), chunk)
        for start, made in zip(starts, on_devices(states, starts), strict=True):
            parts.append(self._domain.decode(np.asarray(made)[: count - start]))
            if progress is not None:
                progress(min(start + chunk, count), count)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _kept(
        self,
        matrix: np.ndarray,
        copies: Callable[[jax.Device], Any],
        first_event: np.uint32,
        noise: int,
        chunk: int,
        progress: Progress | None,
    ) -> np.ndarray:
        """Samples in network space, one for each row of conditions, that were not rejected."""

        def attempt(draws: Draws, device: jax.Device) -> tuple[jax.Array, jax.Array]:
            rows, numbers = draws
            events = first_event + rows.astype(np.uint32)
            parameters, run = copies(device)
            keys = _attempt_keys(run, *jax.device_put((events, numbers.astype(np.uint32)), device))
            conditions = jax.device_put(np.asarray(matrix[rows], np.float32), device)
            return self._attempt_of(noise)(parameters, keys, conditions)

        return sample_by_rejection(
            lambda draws: on_devices(attempt, draws), len(matrix), chunk, progress
        )

    def save(self, path: Path) -> None:
        """Write the parameters."""
        write_atomically(path, pack_parameters(self.parameters))

    def _forward(self, parameters: Any, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        generator: Generator = nnx.merge(self._graph, parameters)
        return generator(noise, conditions)

    def _counted(self, parameters: Any, noise: jax.Array, conditions: jax.Array) -> Any:
        """What a draw needs."""
        generator: Generator = nnx.merge(self._graph, parameters)
        samples = generator(noise, conditions)
        if isinstance(generator, Rejection):
            return samples, generator.log_acceptance(samples, conditions)
        return samples

    def _attempt(self, noise_size: int) -> Callable[..., tuple[jax.Array, jax.Array]]:
        """A draw with `noise_size` uniform numbers per sample, and whether it is kept."""

        @jax.jit
        def attempt(
            parameters: Any, keys: jax.Array, conditions: jax.Array
        ) -> tuple[jax.Array, jax.Array]:
            generator: Any = nnx.merge(self._graph, parameters)
            noise = jax.vmap(lambda key: jax.random.uniform(key, (noise_size,)))(keys[:, 0])
            samples = self._domain.transform(keys[:, 1], generator(noise, conditions))
            chance = jax.vmap(jax.random.uniform)(keys[:, 2])
            return samples, jnp.log(chance) < generator.log_acceptance(samples, conditions)

        return attempt

    def _chain(self, noise_size: int) -> Chain:
        """The independence sampler of draws with `noise_size` uniform numbers per sample."""

        def draw(
            parameters: Any, keys: jax.Array, conditions: jax.Array, numbers: int
        ) -> jax.Array:
            noise = jax.vmap(lambda key: jax.random.uniform(key, (numbers,)))(keys)
            return self._forward(parameters, noise, conditions)

        def log_weight(parameters: Any, samples: jax.Array, conditions: jax.Array) -> jax.Array:
            generator = nnx.merge(self._graph, parameters)
            assert isinstance(generator, LikelihoodGenerator)
            assert self._log_density is not None
            negative = generator.negative_log_likelihood(samples, conditions)
            return self._log_density(samples, conditions) + negative

        return independence_sampler(partial(draw, numbers=noise_size), log_weight)


def _shapes_of(description: Description) -> Generator:
    """The generator with the shapes of its parameters only: it draws no initial values."""
    domain = domain_of(description)
    return nnx.eval_shape(
        lambda: domain.build_generator(description.network, description.parameters)
    )


@jax.jit
def _event_keys(key: jax.Array, events: jax.Array) -> jax.Array:
    """Two keys per event, for the draw and for the symmetry: shape (n, 2)."""
    return jax.vmap(lambda event: jax.random.split(jax.random.fold_in(key, event)))(events)


@jax.jit
def _attempt_keys(key: jax.Array, events: jax.Array, numbers: jax.Array) -> jax.Array:
    """Three keys per draw of an event, for the draw, the symmetry and its fate: shape (n, 3)."""

    def keys_of(event: jax.Array, number: jax.Array) -> jax.Array:
        return jax.random.split(jax.random.fold_in(jax.random.fold_in(key, event), number), 3)

    return jax.vmap(keys_of)(events, numbers)


@runtime_checkable
class _Rescaling(Protocol):
    """A part of a network whose inputs had another scale in files of version 2 and before."""

    def rescale_version_2(self) -> None: ...


def _rescaled(shapes: Generator, parameters: Any) -> Any:
    """Parameters of a file of version 2 or 1, for the present scales of inputs."""
    network: Any = nnx.merge(nnx.split(shapes)[0], parameters)
    for _, part in nnx.iter_modules(network):
        if isinstance(part, _Rescaling):
            part.rescale_version_2()
    return nnx.to_pure_dict(nnx.split(network)[1])


def _chunk(count: int, numbers: int) -> int:
    """Events per call, in bounded memory: at most an eighth more than `count`.

    There are eight possible values per factor of 2, so that few shapes are compiled.
    """
    largest = max(1, _CHUNK_SITES // numbers)
    step = 1 << max(0, (count - 1).bit_length() - 4)
    return min(-(-max(count, 1) // step) * step, 1 << (largest.bit_length() - 1))
