"""A generator of spin lattices that inverts decimation, from coarse to fine.

Decimation keeps every second site in each direction. Given the kept sites, the dropped ones
interact only weakly and locally (the renormalised couplings are short-ranged: Wilson 1975,
Rev. Mod. Phys. 47, 773). A few small convolutional networks per scale can therefore draw them:
first the cells' centres (in two halves, since neighbouring centres interact), then the two edges.
A global sign is drawn first and is an input of all networks: below the critical temperature it
correlates the whole lattice. At the finest scale the edges depend only on their four neighbours,
and the domain's exact heat bath draws them. All layers are convolutions with noise at every site
and scale, so the same network serves any size 2^k.

Each draw has a known probability, so the likelihood of a lattice is known. In training the global
sign is drawn from the lattice's magnetisation m, +1 with probability sigmoid(30 m^3). In the
ordered phase this is the sign of m. In the disordered phase it is almost independent of the
lattice, where the hard sign of m would be a constraint on all sites.
"""

import itertools
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.domains.spins.straight_through import spins_from_logits
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution, join_cells, split_cells

__all__ = ["SpinHierarchy"]

SIGN_SHARPNESS = 30.0

Head = Callable[[jax.Array, jax.Array], jax.Array]
"""(sum of the four neighbours, shape (n, m, m); conditions, shape (n, c)) -> logits (n, m, m)."""


class SpinHierarchy(nnx.Module):
    """Conditional generator of spins on a torus, coarse to fine.

    Symmetric under a global flip by construction: all networks are odd functions of the spins.

    Args:
        ranges: trained ranges of the conditions.
        size: trained lattice size L = 2^k >= 4.
        head: the finest scale's exact output layer; see `Head`.
        width: channels of the convolutions.
        depth: residual convolutions after the first one.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    smooth = False
    convolutional = True

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
        """Uniform numbers per sample: one for the global sign and one per site."""
        return 1 + (size or self.size) ** 2

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw lattices.

        Args:
            noise: uniform on [0, 1), shape (n, 1 + L^2); L need not be the trained size.
            conditions: shape (n, c), physical units.

        Returns:
            Spins +1.0 and -1.0, shape (n, L, L), with straight-through gradients, which are
            biased.
        """
        size = round((noise.shape[1] - 1) ** 0.5)
        embedded = self.embed(conditions)
        sign = spins_from_logits(jnp.zeros(len(noise)), noise[:, 0])
        spins = self.seed.draw(noise[:, 1:5], sign, embedded)
        for scale in self._coarse_to_fine(size):
            cells = spins.shape[1]
            sites = cells * cells
            draws = noise[:, 1 + sites : 1 + 4 * sites].reshape(-1, 3, cells, cells)
            spins = scale.draw(
                spins, draws, sign, embedded, lambda total: self.head(total, conditions)
            )
        return spins

    def negative_log_likelihood(self, spins: jax.Array, conditions: jax.Array) -> jax.Array:
        """-ln p of the generated sites of `spins`, shape (n, L, L); returns (n,), nats.

        It excludes the finest edges, which `head` draws without parameters.
        """
        signs = (jnp.ones(len(spins)), -jnp.ones(len(spins)))
        up, down = (self._with_sign(spins, sign, conditions) for sign in signs)
        return -jnp.logaddexp(-up, -down)

    def likelihood_bound(
        self, spins: jax.Array, conditions: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """-ln p(spins, global sign), the loss in training, at half the cost of the above.

        On average it is at least `negative_log_likelihood` minus the entropy of the sign's draw.

        Args:
            spins: shape (n, L, L).
            conditions: shape (n, c).
            noise: uniform on [0, 1), shape (n,), for the sign.
        """
        sign = spins_from_logits(SIGN_SHARPNESS * spins.mean((1, 2)) ** 3, noise)
        return self._with_sign(spins, sign, conditions)

    def _with_sign(self, spins: jax.Array, sign: jax.Array, conditions: jax.Array) -> jax.Array:
        embedded = self.embed(conditions)
        size = spins.shape[1]
        cell = spins[:, :: size // 2, :: size // 2]
        total = jnp.log(2.0) + self.seed.negative_log_likelihood(cell, sign, embedded)
        for index, scale in enumerate(self._coarse_to_fine(size)):
            spacing = size >> (index + 2)
            total += scale.negative_log_likelihood(spins[:, ::spacing, ::spacing], sign, embedded)
        return total

    def _coarse_to_fine(self, size: int) -> Iterator["_Scale"]:
        """Scales for a lattice of this size; beyond the trained ones the coarsest is repeated."""
        for level in reversed(range(_doublings(size))):
            yield self.scales[min(level, len(self.scales) - 1)]


class _SeedCell(nnx.Module):
    """The coarsest 2 x 2 spins, drawn one after another given the global sign."""

    def __init__(self, embedding: int, rngs: nnx.Rngs) -> None:
        self.coefficients = nnx.Linear(embedding, 15, kernel_init=scaled_normal(), rngs=rngs)

    def draw(self, noise: jax.Array, sign: jax.Array, embedded: jax.Array) -> jax.Array:
        coefficients = self.coefficients(embedded)
        spins = [sign]
        for place in range(4):
            spins.append(spins_from_logits(_seed_logit(coefficients, spins), noise[:, place]))
        return jnp.stack(spins[1:], -1).reshape(-1, 2, 2)

    def negative_log_likelihood(
        self, cell: jax.Array, sign: jax.Array, embedded: jax.Array
    ) -> jax.Array:
        coefficients = self.coefficients(embedded)
        spins = [sign, *(cell[:, place // 2, place % 2] for place in range(4))]
        logits = (_seed_logit(coefficients, spins[:place]) for place in range(1, 5))
        terms = [
            jax.nn.softplus(-spin * logit) for spin, logit in zip(spins[1:], logits, strict=True)
        ]
        return jnp.stack(terms).sum(0)


def _seed_logit(coefficients: jax.Array, drawn: list[jax.Array]) -> jax.Array:
    """An odd function of the spins drawn before: linear, plus all products of three."""
    start = {1: 0, 2: 1, 3: 3, 4: 7}[len(drawn)]
    terms = drawn + [
        drawn[i] * drawn[j] * drawn[k] for i, j, k in itertools.combinations(range(len(drawn)), 3)
    ]
    return (coefficients[:, start : start + len(terms)] * jnp.stack(terms, -1)).sum(-1)


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
        self,
        corner: jax.Array,
        noise: jax.Array,
        sign: jax.Array,
        embedded: jax.Array,
        head: Callable[[jax.Array], jax.Array],
    ) -> jax.Array:
        even = _even_cells(corner.shape[1])
        first = self.centre[0](embedded, sign, corner)
        centre = even * spins_from_logits(first, noise[:, 0])
        rest = self.centre[1](embedded, sign, corner, centre)
        centre = centre + (1 - even) * spins_from_logits(rest, noise[:, 0])
        if self.finest:
            right = head(corner + jnp.roll(corner, -1, 2) + centre + jnp.roll(centre, 1, 1))
            below = head(corner + jnp.roll(corner, -1, 1) + centre + jnp.roll(centre, 1, 2))
            right = spins_from_logits(right, noise[:, 1])
        else:
            right = self.edges[0](embedded, sign, corner, centre)
            right = spins_from_logits(right, noise[:, 1])
            below = self.edges[1](embedded, sign, corner, centre, right)
        return join_cells(corner, centre, right, spins_from_logits(below, noise[:, 2]))

    def negative_log_likelihood(
        self, spins: jax.Array, sign: jax.Array, embedded: jax.Array
    ) -> jax.Array:
        corner, centre, right, below = split_cells(spins)
        even = _even_cells(corner.shape[1])
        logits = jnp.where(
            even > 0,
            self.centre[0](embedded, sign, corner),
            self.centre[1](embedded, sign, corner, even * centre),
        )
        total = _bernoulli(centre, logits)
        if not self.finest:
            total += _bernoulli(right, self.edges[0](embedded, sign, corner, centre))
            total += _bernoulli(below, self.edges[1](embedded, sign, corner, centre, right))
        return total


class _Sublattice(nnx.Module):
    """Logits of one sublattice's spins, an odd function of the sign and the spins drawn before.

    tanh layers without biases are odd; the conditions scale the channels (FiLM, Perez et al.
    2018, arXiv:1709.07871, without its shift).
    """

    def __init__(self, inputs: int, width: int, depth: int, embedding: int, rngs: nnx.Rngs) -> None:
        self.first = PeriodicConvolution(inputs, width, rngs=rngs)
        self.sign = PeriodicConvolution(1, width, 1, rngs=rngs)
        self.residual = nnx.List(
            PeriodicConvolution(width, width, gain=0.7, rngs=rngs) for _ in range(depth)
        )
        self.last = PeriodicConvolution(width, 1, 1, gain=0.3, rngs=rngs)
        self.scales = nnx.List(
            nnx.Linear(embedding, width, kernel_init=scaled_normal(), rngs=rngs)
            for _ in range(depth + 2)
        )

    def __call__(self, embedded: jax.Array, sign: jax.Array, *drawn: jax.Array) -> jax.Array:
        scales = [1 + scale(embedded)[:, None, None, :] for scale in self.scales]
        uniform = self.sign(sign[:, None, None, None])
        hidden = jnp.tanh(scales[0] * (self.first(jnp.stack(drawn, -1)) + uniform))
        for layer, scale in zip(self.residual, scales[1:-1], strict=True):
            hidden = hidden + jnp.tanh(scale * layer(hidden))
        return self.last(scales[-1] * hidden)[..., 0]


def _bernoulli(spins: jax.Array, logits: jax.Array) -> jax.Array:
    return jax.nn.softplus(-spins * logits).sum((1, 2))


def _even_cells(cells: int) -> jax.Array:
    """1.0 on cells with an even sum of row and column, else 0, shape (cells, cells)."""
    index = jnp.arange(cells)
    return ((index[:, None] + index) % 2 == 0).astype(jnp.float32)


def _doublings(size: int) -> int:
    """Doublings from 2 to `size`."""
    return size.bit_length() - 2
