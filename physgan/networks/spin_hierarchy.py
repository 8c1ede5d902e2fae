"""A generator of spin lattices that runs decimation backwards, from coarse to fine.

Decimation keeps every second site in each direction; the sites it drops, given those it keeps,
interact only weakly and locally (the renormalised couplings are short-ranged: Wilson 1975,
Rev. Mod. Phys. 47, 773). So a few small convolutional networks a scale can draw them back:
first the cells' centres (in two halves, as neighbouring centres interact), then the two edges.
At the finest scale the edges see only their four neighbours, and the domain's exact
heat bath draws them. All layers are convolutions with spatial noise at every scale: the same
network serves any size 2^k.

Because each draw has a known probability, the likelihood of a given lattice is known too.
"""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution, join_cells, split_cells
from physgan.networks.straight_through import spins_from_logits

__all__ = ["SpinHierarchy"]

Head = Callable[[jax.Array, jax.Array], jax.Array]
"""(sum of the four neighbours, shape (n, m, m); conditions, shape (n, c)) -> logits (n, m, m)."""


class SpinHierarchy(nnx.Module):
    """Conditional generator of spins on a torus, coarse to fine.

    Symmetric under a global flip by construction: all networks are odd functions of the spins.

    Args:
        ranges: trained ranges of the conditions.
        size: lattice size L = 2^k >= 4 that the scales are made for.
        head: the finest scale's exact output layer; see `Head`.
        width: channels of the convolutions.
        depth: residual convolutions after the first one.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        size: int,
        head: Head,
        *,
        width: int = 16,
        depth: int = 1,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        self.size = size
        self.head = head
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.seed = _SeedCell(embedding, rngs)
        self.scales = nnx.List(
            _Scale(width, depth, embedding, level == 0, rngs) for level in range(_doublings(size))
        )

    def noise_size(self, size: int | None = None) -> int:
        """Uniform numbers that one sample takes: one a site."""
        return (size or self.size) ** 2

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw lattices.

        Args:
            noise: uniform on [0, 1), shape (n, L^2); L need not be the trained size.
            conditions: shape (n, c), physical units.

        Returns:
            Spins +1.0 and -1.0, shape (n, L, L); gradients pass straight through.
        """
        size = round(noise.shape[1] ** 0.5)
        embedded = self.embed(conditions)
        spins = self.seed.draw(noise[:, :4], embedded)
        for scale in self._coarse_to_fine(size):
            cells = spins.shape[1]
            start = cells * cells
            draws = noise[:, start : 4 * start].reshape(-1, 3, cells, cells)
            spins = scale.draw(spins, draws, embedded, lambda total: self.head(total, conditions))
        return spins

    def negative_log_likelihood(self, spins: jax.Array, conditions: jax.Array) -> jax.Array:
        """-ln p of the generated sites of `spins`, shape (n, L, L); returns (n,), nats.

        The finest edges, which `head` draws without parameters, are left out.
        """
        embedded = self.embed(conditions)
        size = spins.shape[1]
        total = self.seed.negative_log_likelihood(spins[:, :: size // 2, :: size // 2], embedded)
        for index, scale in enumerate(self._coarse_to_fine(size)):
            spacing = size >> (index + 2)
            total += scale.negative_log_likelihood(spins[:, ::spacing, ::spacing], embedded)
        return total

    def _coarse_to_fine(self, size: int) -> Iterator["_Scale"]:
        """Scales for a lattice of this size; beyond the trained ones the coarsest repeats."""
        for level in reversed(range(_doublings(size))):
            yield self.scales[min(level, len(self.scales) - 1)]


class _SeedCell(nnx.Module):
    """The coarsest 2 x 2 spins, drawn one by one.

    An odd function of up to three spins is a combination of them and their product, so the
    seven coefficients are all there is to learn.
    """

    def __init__(self, embedding: int, rngs: nnx.Rngs) -> None:
        self.coefficients = nnx.Linear(embedding, 7, kernel_init=scaled_normal(), rngs=rngs)

    def draw(self, noise: jax.Array, embedded: jax.Array) -> jax.Array:
        a = self.coefficients(embedded)
        first = spins_from_logits(jnp.zeros_like(noise[:, 0]), noise[:, 0])
        second = spins_from_logits(a[:, 0] * first, noise[:, 1])
        third = spins_from_logits(a[:, 1] * first + a[:, 2] * second, noise[:, 2])
        fourth = spins_from_logits(_last_logit(a, first, second, third), noise[:, 3])
        return jnp.stack([first, second, third, fourth], -1).reshape(-1, 2, 2)

    def negative_log_likelihood(self, cell: jax.Array, embedded: jax.Array) -> jax.Array:
        a = self.coefficients(embedded)
        first, second, third, fourth = (cell[:, i // 2, i % 2] for i in range(4))
        return (
            jnp.log(2.0)
            + jax.nn.softplus(-second * a[:, 0] * first)
            + jax.nn.softplus(-third * (a[:, 1] * first + a[:, 2] * second))
            + jax.nn.softplus(-fourth * _last_logit(a, first, second, third))
        )


def _last_logit(a: jax.Array, first: jax.Array, second: jax.Array, third: jax.Array) -> jax.Array:
    return a[:, 3] * first + a[:, 4] * second + a[:, 5] * third + a[:, 6] * first * second * third


class _Scale(nnx.Module):
    """From the corners of 2 x 2 cells to all four of their sites."""

    def __init__(
        self, width: int, depth: int, embedding: int, finest: bool, rngs: nnx.Rngs
    ) -> None:
        def network(inputs: int) -> _Sublattice:
            return _Sublattice(inputs, width, depth, embedding, rngs)

        self.finest = finest
        self.centre = nnx.List([network(1), network(2)])
        self.edges = nnx.List([] if finest else [network(2), network(3)])

    def draw(
        self, corner: jax.Array, noise: jax.Array, embedded: jax.Array, head: Callable
    ) -> jax.Array:
        even = _even_cells(corner.shape[1])
        centre = even * spins_from_logits(self.centre[0](embedded, corner), noise[:, 0])
        rest = self.centre[1](embedded, corner, centre)
        centre = centre + (1 - even) * spins_from_logits(rest, noise[:, 0])
        if self.finest:
            right = head(corner + jnp.roll(corner, -1, 2) + centre + jnp.roll(centre, 1, 1))
            below = head(corner + jnp.roll(corner, -1, 1) + centre + jnp.roll(centre, 1, 2))
            right = spins_from_logits(right, noise[:, 1])
        else:
            right = spins_from_logits(self.edges[0](embedded, corner, centre), noise[:, 1])
            below = self.edges[1](embedded, corner, centre, right)
        return join_cells(corner, centre, right, spins_from_logits(below, noise[:, 2]))

    def negative_log_likelihood(self, spins: jax.Array, embedded: jax.Array) -> jax.Array:
        corner, centre, right, below = split_cells(spins)
        even = _even_cells(corner.shape[1])
        logits = jnp.where(
            even > 0,
            self.centre[0](embedded, corner),
            self.centre[1](embedded, corner, even * centre),
        )
        total = _bernoulli(centre, logits)
        if not self.finest:
            total += _bernoulli(right, self.edges[0](embedded, corner, centre))
            total += _bernoulli(below, self.edges[1](embedded, corner, centre, right))
        return total


class _Sublattice(nnx.Module):
    """Logits of one sublattice's spins, an odd function of those drawn before.

    tanh layers without biases are odd; the conditions scale the channels (FiLM, Perez et al.
    2018, arXiv:1709.07871, without its shift).
    """

    def __init__(self, inputs: int, width: int, depth: int, embedding: int, rngs: nnx.Rngs) -> None:
        self.first = PeriodicConvolution(inputs, width, rngs=rngs)
        self.residual = nnx.List(
            PeriodicConvolution(width, width, gain=0.7, rngs=rngs) for _ in range(depth)
        )
        self.last = PeriodicConvolution(width, 1, 1, gain=0.3, rngs=rngs)
        self.scales = nnx.List(
            nnx.Linear(embedding, width, kernel_init=scaled_normal(), rngs=rngs)
            for _ in range(depth + 2)
        )

    def __call__(self, embedded: jax.Array, *known: jax.Array) -> jax.Array:
        scales = [1 + scale(embedded)[:, None, None, :] for scale in self.scales]
        hidden = jnp.tanh(scales[0] * self.first(jnp.stack(known, -1)))
        for layer, scale in zip(self.residual, scales[1:-1], strict=True):
            hidden = hidden + jnp.tanh(scale * layer(hidden))
        return self.last(scales[-1] * hidden)[..., 0]


def _bernoulli(spins: jax.Array, logits: jax.Array) -> jax.Array:
    return jax.nn.softplus(-spins * logits).sum((1, 2))


def _even_cells(cells: int) -> jax.Array:
    """1.0 on the cells whose row and column add to an even number, shape (cells, cells)."""
    index = jnp.arange(cells)
    return ((index[:, None] + index) % 2 == 0).astype(jnp.float32)


def _doublings(size: int) -> int:
    """Doublings from 2 to `size`."""
    return size.bit_length() - 2
