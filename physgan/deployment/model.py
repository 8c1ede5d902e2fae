"""What is exported: a pure function from noise and physical conditions to physical samples."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from physgan.domains import Domain, domain_of
from physgan.errors import InputError
from physgan.networks import Rejection
from physgan.surrogates import Surrogate

__all__ = ["ACCEPTANCE", "NOISE", "Model"]

NOISE = "noise"
ACCEPTANCE = "acceptance"


class Model(NamedTuple):
    """The draw of a surrogate as a function of its random numbers.

    It is `Surrogate.sample` with the random numbers as an input: the generator, a random exact
    symmetry where training used one, and the decoding to physical units.

    Attributes:
        function: (noise (n, noise_size), one array (n,) for each condition) -> arrays by name, of
            length n: the samples' fields and, if a discriminator rejects draws, "acceptance", the
            probability with which to keep each.
        noise_size: uniform numbers on [0, 1) for each sample.
        conditions: names, in the order of the arguments.
        batch: the symbolic size n.
    """

    function: Callable[..., dict[str, jax.Array]]
    noise_size: int
    conditions: tuple[str, ...]
    batch: Any

    @classmethod
    def of(cls, surrogate: Surrogate) -> "Model":
        """The model of a surrogate.

        Raises:
            InputError: for a surrogate without a network, or a domain that says its symmetries
                only by keys.
        """
        if not surrogate.description.network:
            raise InputError(
                f"expected a surrogate with a network to export; got {surrogate.name}, a fitted "
                "baseline; train another method, such as gan"
            )
        domain, about = domain_of(surrogate.description), surrogate.description
        generator: Any = surrogate.generator()
        numbers = generator.noise_size(about.size or None)
        shape = jax.eval_shape(generator, *_one(numbers, len(about.conditions))).shape[1:]
        choices = _choices(domain, shape)

        def draw(noise: jax.Array, *values: jax.Array) -> dict[str, jax.Array]:
            """One sample. A batch of one is what networks expect; `vmap` adds the axis."""
            conditions = jnp.stack(values)[None] if values else jnp.zeros((1, 0), noise.dtype)
            array = generator(noise[None, :numbers], conditions)
            if choices:
                limits = np.array(choices, np.float32)
                chosen = jnp.minimum(jnp.floor(noise[numbers:] * limits), limits - 1)
                array = domain.symmetry(chosen.astype(jnp.int32)[None], array)
            samples = {name: field[0] for name, field in domain.decode(array).items()}
            if isinstance(generator, Rejection):
                samples[ACCEPTANCE] = jnp.exp(generator.log_acceptance(array, conditions))[0]
            return samples

        names = tuple(condition.name for condition in about.conditions)
        (batch,) = export.symbolic_shape("batch")
        return cls(jax.vmap(draw), numbers + len(choices), names, batch)

    @property
    def inputs(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Input name -> shape and type, in the order of the arguments."""
        names = dict.fromkeys(self.conditions, (self.batch,))
        shapes = {NOISE: (self.batch, self.noise_size), **names}
        return {name: jax.ShapeDtypeStruct(shape, jnp.float32) for name, shape in shapes.items()}


def _one(numbers: int, conditions: int) -> tuple[jax.ShapeDtypeStruct, ...]:
    shapes = ((1, numbers), (1, conditions))
    return tuple(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes)


def _choices(domain: Domain, shape: tuple[int, ...]) -> tuple[int, ...]:
    kind = type(domain)
    by_keys = kind.transform is not Domain.transform
    if by_keys and kind.symmetry is Domain.symmetry:
        raise InputError(
            f"expected the domain {domain.name} to have symmetry and symmetry_choices beside "
            "transform; it has not; see docs/extending.md"
        )
    return domain.symmetry_choices(shape)
