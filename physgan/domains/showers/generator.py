"""A generator of showers that splits the deposited energy recursively, down to the cells.

The total energy is drawn first. Then, layer by layer along the direction of flight, the layer's
share of the remaining energy is drawn. Then each layer's energy is split along its rings and its
sectors down to the cells (a multiplicative cascade). Each split has its own noise and is
conditional on all energies drawn before: those of the cells upstream, and the coarser energies of
the same layer.

A split respects the read-out threshold t: a part is either exactly zero or at least t. So there are
exact zeros and a sharp edge at t, and energy is conserved. Each split has a known density, hence
also the shower: the generator can be trained by maximum likelihood, with or without adversarial
training afterwards.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.domains.showers.split_density import LogBins, Spectra, SplitDensity
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.initial import scaled_normal

__all__ = ["ShowerCascade"]


class Stage(NamedTuple):
    """Splits of one layer's energy that are drawn together.

    Attributes:
        parents: node numbers, shape (k,).
        known: number of nodes drawn before; the children are the nodes known ... known + 2k - 1,
            each left one followed by its right one.
        new: number of nodes that the stage before drew.
    """

    parents: np.ndarray
    known: int
    new: int


def plan_splits(sectors: int, rings: int) -> tuple[np.ndarray, list[Stage]]:
    """Splits of a layer of sectors x rings down to its cells: rings first, then sectors.

    Halves and quarters of the circle are drawn ring after ring, because together they determine the
    shower's axis. Narrower sectors are drawn in every second ring first, so that the other rings
    are conditional on their neighbours.

    Returns:
        (membership, float32 (nodes, sectors * rings): 1 where a cell belongs to a node, node 0
        being the layer; the stages in order)
    """
    nodes = [(0, sectors, 0, rings)]
    stages: list[Stage] = []
    leaves = [0]

    def halve(parents: list[int], axis: int) -> None:
        known = len(nodes)
        for number in parents:
            a0, a1, r0, r1 = nodes[number]
            if axis == 0:
                middle = (a0 + a1 + 1) // 2
                halves = [(a0, middle, r0, r1), (middle, a1, r0, r1)]
            else:
                middle = (r0 + r1 + 1) // 2
                halves = [(a0, a1, r0, middle), (a0, a1, middle, r1)]
            leaves.remove(number)
            leaves.extend([len(nodes), len(nodes) + 1])
            nodes.extend(halves)
        before = 2 * len(stages[-1].parents) if stages else 1
        stages.append(Stage(np.array(parents), known, before))

    def splittable(axis: int) -> list[int]:
        return [n for n in leaves if nodes[n][2 * axis + 1] - nodes[n][2 * axis] > 1]

    while parents := splittable(1):
        halve(parents, 1)
    while parents := splittable(0):
        widest = max(nodes[n][1] - nodes[n][0] for n in parents)
        parents = [n for n in parents if nodes[n][1] - nodes[n][0] > widest // 2]
        groups = min(rings, _GROUPS) if widest > sectors // 4 else 2
        for group in range(groups):
            if some := [n for n in parents if nodes[n][2] % groups == group]:
                halve(some, 0)
    member = np.zeros((len(nodes), sectors, rings), np.float32)
    for row, (a0, a1, r0, r1) in zip(member, nodes, strict=True):
        row[a0:a1, r0:r1] = 1
    return member.reshape(len(nodes), -1), stages


class ShowerCascade(nnx.Module):
    """Conditional generator of deposits in layers x sectors x rings.

    Args:
        ranges: trained ranges of the conditions.
        shape: (layers, sectors, rings).
        threshold: smallest deposit of a cell that is not zero, t.
        ratio: (mean, standard deviation) of the logarithm of the response.
        relative: whether the response is the total over the incident energy, or the total.
        energy_column: index of the incident energy among the conditions.
        width: of the hidden layers.
        depth: residual layers of the network for the layers upstream.
        components: logistic distributions in the mixture of a split within a layer. The mixtures
            of the total and of the layers have eight, because their tails are long.
        spectra: histograms of absolute energy in the density of a split, for each of its parts;
            see `SplitDensity`. Two sets are learnt: of cells and of layers.
        bins: arguments of `LogBins`, the bins of these histograms.
        functions: learnt functions of ln(energy / t) by which the networks see an energy beside
            its logarithm. They may be sharp at one absolute energy.
        bounds: of the standardised logarithm of the response.
        empty: whether a shower may have no energy at all.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    smooth = False

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: tuple[int, int, int],
        threshold: float,
        ratio: tuple[float, float],
        *,
        relative: bool = True,
        energy_column: int = 0,
        width: int = 96,
        depth: int = 1,
        components: int = 3,
        spectra: int = 0,
        bins: tuple[int, int, int] = (0, 110, 102),
        functions: int = 0,
        bounds: tuple[float, float] = (-np.inf, np.inf),
        empty: bool = False,
        embedding: int = 32,
        rngs: nnx.Rngs,
    ) -> None:
        layers, sectors, rings = shape
        self.shape = tuple(shape)
        self.threshold = threshold
        self.ratio = tuple(ratio)
        self.relative, self.energy_column = relative, energy_column
        self.split = SplitDensity(threshold, components, spectra)
        self.coarse = SplitDensity(threshold, _COARSE_COMPONENTS, spectra)
        self.bins, self.bounds, self.empty = LogBins(*bins), (bounds[0], bounds[1]), empty
        self.cell_spectra = _histograms(spectra, self.bins)
        self.layer_spectra = _histograms(spectra, self.bins)
        self.level = _Level(threshold, functions, self.bins.window, rngs)
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        cells = sectors * rings
        stages = plan_splits(sectors, rings)[1]
        self.total = _Perceptron(embedding, width, 1, 3 * _COARSE_COMPONENTS + empty, rngs)
        inputs = (4 + functions) * cells + 3 * layers + 4 + embedding + functions
        self.context = _Perceptron(inputs, width, depth, width, rngs)
        self.layer = _Perceptron(width, width, 1, self.coarse.size, rngs)
        self.cells = nnx.List(
            _Stage(s, width, self.split.size, 1 + functions, rngs) for s in stages
        )

    def initialise(self, showers: np.ndarray, conditions: np.ndarray) -> None:
        """Start the histograms at the spectra of the parts of splits, each in a window of energy.

        Args:
            showers: of the training set, shape (n, layers, sectors, rings).
            conditions: not used.
        """
        if self.cell_spectra is None or self.layer_spectra is None:
            return
        layers, sectors, rings = self.shape
        cells = showers[:_SPECTRUM_FROM].reshape(-1, layers, sectors * rings).astype(np.float64)
        member, _ = plan_splits(sectors, rings)
        nodes = cells.reshape(-1, sectors * rings) @ member.T
        left = np.cumsum(cells.sum(-1)[:, ::-1], 1)[:, ::-1]
        for histograms, first, second in (
            (self.cell_spectra, nodes[:, 1::2], nodes[:, 2::2]),
            (self.layer_spectra, cells.sum(-1)[:, :-1], left[:, 1:]),
        ):
            both = (first > 0) & (second > 0)
            sides = [np.log(part[both] / self.threshold) for part in (first, second)]
            logits = [Spectra.initial(self.split.spectra, self.bins, side) for side in sides]
            histograms[...] = jnp.asarray(np.concatenate(logits, -1))

    def noise_size(self, size: int | None = None) -> int:
        """Uniform numbers per shower: two per split, and two for the total."""
        layers, sectors, rings = self.shape
        return 2 * (1 + layers * sectors * rings)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw showers.

        Args:
            noise: uniform on [0, 1), shape (n, noise_size).
            conditions: shape (n, c), physical units.

        Returns:
            Deposits, shape (n, layers, sectors, rings), unit of the threshold. The gradient is
            partial: it includes the energies that are split, but not the dependence of the
            networks' inputs on them (`stop_gradient`), which would explode over hundreds of
            splits.
        """
        layers, sectors, rings = self.shape
        cells = sectors * rings
        total = self.total_energy(noise[:, :2], conditions)
        draws = noise[:, 2:].reshape(-1, layers, cells, 2)
        zeros = jnp.zeros((len(noise), cells))
        carry = _Upstream(total, zeros, zeros, zeros, zeros, jnp.zeros((len(noise), layers)))
        fixed = self._fixed(total, conditions)
        spectra = [Spectra.of(s, self.bins) for s in (self.layer_spectra, self.cell_spectra)]

        def step(
            upstream: _Upstream, layer: tuple[jax.Array, jax.Array]
        ) -> tuple[_Upstream, jax.Array]:
            number, draw = layer
            place = jax.nn.one_hot(number, layers)
            place = jnp.broadcast_to(place, (len(noise), layers))
            inputs = jax.lax.stop_gradient(self._context(upstream, place, total, fixed))
            hidden = self.context(inputs)
            last = number == layers - 1
            parts = self.coarse.draw(self.layer(hidden), spectra[0], upstream.left, draw[:, 0])
            energy = jnp.where(last, upstream.left, parts[0])
            left = jnp.where(last, 0.0, parts[1])
            deposits = self._draw_cells(hidden, spectra[1], energy, draw[:, 1:])
            return upstream.after(place, energy, left, deposits), deposits

        _, deposits = jax.lax.scan(step, carry, (jnp.arange(layers), draws.swapaxes(0, 1)))
        return deposits.swapaxes(0, 1).reshape(-1, *self.shape)

    def total_energy(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw the sums of the deposits, shape (n,), from uniform numbers (n, 2)."""
        mean, deviation = self.ratio
        parameters, nothing = self._total_parameters(conditions)
        lit = noise[:, 0] >= nothing
        first = jnp.where(lit, noise[:, 0] - nothing, 0) / (1 - nothing)
        noise = jnp.stack([first, noise[:, 1]], -1)
        z = self.coarse.draw_position(parameters, self.bounds, noise)
        return jnp.where(lit, self._scale(conditions) * jnp.exp(mean + deviation * z), 0)

    def likelihood_bound(
        self, showers: jax.Array, conditions: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """The exact negative log-likelihood; `noise` is not used."""
        return self.negative_log_likelihood(showers, conditions)

    def negative_log_likelihood(self, showers: jax.Array, conditions: jax.Array) -> jax.Array:
        """-ln p of showers (n, layers, sectors, rings), nats, shape (n,); see `SplitDensity`."""
        showers = jnp.asarray(showers)
        energy = showers.sum((1, 2, 3))
        parameters, nothing = self._total_parameters(conditions)
        total = self.coarse.position_negative_log_density(
            parameters, self.bounds, self._pull(energy, conditions)
        )
        if self.empty:
            total = jnp.where(energy > 0, total - jnp.log1p(-nothing), -jnp.log(nothing))
        return total + self.layer_negative_log_likelihoods(showers, conditions).sum(1)

    def layer_negative_log_likelihoods(
        self, showers: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """-ln p of each layer, given the total and the layers upstream: (n, layers)."""
        layers, sectors, rings = self.shape
        showers = showers.reshape(-1, layers, sectors * rings)
        per_layer = showers.sum(-1)
        left = jnp.cumsum(per_layer[:, ::-1], 1)[:, ::-1]
        total = left[:, 0]
        upstream = _Upstream(
            left,
            _shifted(showers, 1),
            _shifted(showers, 2),
            jnp.einsum("lk,nkc->nlc", _decay_matrix(layers), showers),
            _shifted(jnp.cumsum(showers, 1), 1),
            jnp.tril(jnp.broadcast_to(per_layer[:, None], (len(showers), layers, layers)), -1),
        )
        place = jnp.broadcast_to(jnp.eye(layers), (len(showers), layers, layers))
        fixed = self._fixed(total, conditions)
        fixed = jnp.broadcast_to(fixed[:, None], (len(showers), layers, fixed.shape[-1]))
        hidden = self.context(self._context(upstream, place, total[:, None], fixed))
        spectra = Spectra.of(self.layer_spectra, self.bins)
        shares = self.coarse.negative_log_likelihood(
            self.layer(hidden), spectra, per_layer, _downstream(left)
        )
        shares = jnp.where(jnp.arange(layers) < layers - 1, shares, 0)
        return shares + self._cells_negative_log_likelihood(hidden, showers)

    def _total_parameters(self, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Parameters of the response's mixture, and the probability of an empty shower, (n,)."""
        parameters = self.total(self.embed(conditions))
        if not self.empty:
            return parameters, jnp.zeros(len(conditions))
        least = _LEAST_PROBABILITY
        nothing = least + (1 - 2 * least) * jax.nn.sigmoid(parameters[:, -1])
        return parameters[:, :-1], nothing

    def _fixed(self, total: jax.Array, conditions: jax.Array) -> jax.Array:
        pull = self._pull(total, conditions)[:, None]
        return jnp.concatenate([self.embed(conditions), pull], -1)

    def _scale(self, conditions: jax.Array) -> jax.Array:
        return conditions[:, self.energy_column] if self.relative else jnp.ones(len(conditions))

    def _pull(self, total: jax.Array, conditions: jax.Array) -> jax.Array:
        """Standardised logarithm of the response."""
        mean, deviation = self.ratio
        some = jnp.maximum(total, self.threshold) / self._scale(conditions)
        return (jnp.log(some) - mean) / deviation

    def _context(
        self, upstream: "_Upstream", place: jax.Array, total: jax.Array, fixed: jax.Array
    ) -> jax.Array:
        some = jnp.maximum(total, self.threshold)
        left = upstream.left / some
        smooth = self.level.smooth
        return jnp.concatenate(
            [
                self.level(upstream.last),
                smooth(upstream.before),
                smooth(upstream.recent),
                smooth(upstream.sum),
                smooth(upstream.layers),
                4 * upstream.layers / some[..., None],
                place,
                jnp.stack([left, smooth(upstream.left), jnp.log(left + 1e-6) / 4], -1),
                fixed,
                self.level.sharp(upstream.left[..., None]),
            ],
            -1,
        )

    def _draw_cells(
        self, hidden: jax.Array, spectra: Spectra, energy: jax.Array, noise: jax.Array
    ) -> jax.Array:
        member, stages = plan_splits(*self.shape[1:])
        nodes = new = energy[:, None]
        used = 0
        for network, stage in zip(self.cells, stages, strict=True):
            count = len(stage.parents)
            hidden, parameters = network(hidden, self.level(jax.lax.stop_gradient(new)))
            parent = nodes[:, stage.parents]
            parts = self.split.draw(parameters, spectra, parent, noise[:, used : used + count])
            new = jnp.stack(parts, -1).reshape(len(nodes), -1)
            nodes = jnp.concatenate([nodes, new], -1)
            used += count
        return nodes[:, _leaves(member)]

    def _cells_negative_log_likelihood(self, hidden: jax.Array, showers: jax.Array) -> jax.Array:
        member, stages = plan_splits(*self.shape[1:])
        nodes = showers @ member.T
        new = nodes[..., :1]
        parameters = []
        for network, stage in zip(self.cells, stages, strict=True):
            hidden, some = network(hidden, self.level(new))
            parameters.append(some)
            new = nodes[..., stage.known : stage.known + 2 * len(stage.parents)]
        cost = self.split.negative_log_likelihood(
            jnp.concatenate(parameters, -2),
            Spectra.of(self.cell_spectra, self.bins),
            nodes[..., 1::2],
            nodes[..., 2::2],
        )
        return cost.sum(-1)


class _Upstream(NamedTuple):
    """State before a layer is drawn: energies of the layers upstream.

    Attributes:
        left: energy of this layer and those downstream, shape (...).
        last: cells of the layer before, shape (..., cells).
        before: cells of the second layer before.
        recent: sum over the layers upstream, weighted with powers of 0.7.
        sum: unweighted sum over the layers upstream.
        layers: energies of the layers upstream, zero for the others, shape (..., layers).
    """

    left: jax.Array
    last: jax.Array
    before: jax.Array
    recent: jax.Array
    sum: jax.Array
    layers: jax.Array

    def after(
        self, place: jax.Array, energy: jax.Array, left: jax.Array, cells: jax.Array
    ) -> "_Upstream":
        return _Upstream(
            left,
            cells,
            self.last,
            _MEMORY * self.recent + cells,
            self.sum + cells,
            self.layers + place * energy[:, None],
        )


_MEMORY = 0.7
_LEAK = 0.1
_GROUPS = 8
_COARSE_COMPONENTS = 8
_STEPS = 12
_STEPS_FROM = 0.5
_STEP_WIDTH = 0.2
_EMPTY = 0.3
_LEAST_PROBABILITY = 1e-6
_SPECTRUM_FROM = 4096


class _Level(nnx.Module):
    """Energies as inputs of a network: a logarithm, and learnt functions of u = ln(E / t).

    Each function is a weighted sum of smooth steps, whose places, widths and weights are learnt.

    Args:
        threshold: t.
        functions: number of learnt functions.
        window: of u, where the steps begin.
        rngs: parameter keys.
    """

    def __init__(
        self, threshold: float, functions: int, window: tuple[float, float], rngs: nnx.Rngs
    ) -> None:
        self.threshold, self.functions = threshold, functions
        if functions:
            first, last = (place + _STEPS_FROM for place in window)
            centre = np.linspace(first, last, _STEPS, dtype=np.float32)
            self.centre = nnx.Param(jnp.asarray(centre))
            self.log_width = nnx.Param(jnp.log(jnp.full_like(self.centre, _STEP_WIDTH)))
            self.mix = nnx.Linear(
                _STEPS, functions, use_bias=False, kernel_init=scaled_normal(2.0), rngs=rngs
            )

    def __call__(self, energy: jax.Array) -> jax.Array:
        """Energies (..., k) to inputs (..., k (1 + functions))."""
        return jnp.concatenate([self.smooth(energy), self.sharp(energy)], -1)

    def smooth(self, energy: jax.Array) -> jax.Array:
        """The logarithm: 0 for 0, of order one, shape (..., k)."""
        return jnp.log1p(energy / self.threshold) / 4

    def sharp(self, energy: jax.Array) -> jax.Array:
        """The learnt functions, shape (..., k functions)."""
        if not self.functions:
            return energy[..., :0]
        u = jnp.log(jnp.maximum(energy / self.threshold, _EMPTY))[..., None]
        steps = jax.nn.sigmoid((u - self.centre[...]) * jnp.exp(-self.log_width[...]))
        return self.mix(steps - 0.5).reshape(*energy.shape[:-1], -1)


class _Stage(nnx.Module):
    """One update of the hidden state, and the densities of the splits of one stage."""

    def __init__(self, stage: Stage, width: int, size: int, inputs: int, rngs: nnx.Rngs) -> None:
        self.splits, self.size = len(stage.parents), size
        new = inputs * max(1, stage.new)
        self.step = nnx.Linear(width + new, width, kernel_init=scaled_normal(0.4), rngs=rngs)
        self.density = nnx.Linear(
            width, self.splits * size, kernel_init=scaled_normal(0.3), rngs=rngs
        )

    def __call__(self, hidden: jax.Array, new: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Hidden state (..., width) and last levels to (new state, parameters of the splits)."""
        hidden = hidden + jax.nn.leaky_relu(self.step(jnp.concatenate([hidden, new], -1)), _LEAK)
        return hidden, self.density(hidden).reshape(*hidden.shape[:-1], self.splits, self.size)


class _Perceptron(nnx.Module):
    """A hidden layer, then residual layers, then a linear one."""

    def __init__(self, inputs: int, width: int, depth: int, outputs: int, rngs: nnx.Rngs) -> None:
        self.first = nnx.Linear(inputs, width, kernel_init=scaled_normal(1.4), rngs=rngs)
        self.residual = nnx.List(
            nnx.Linear(width, width, kernel_init=scaled_normal(1.0), rngs=rngs)
            for _ in range(depth)
        )
        self.last = nnx.Linear(width, outputs, kernel_init=scaled_normal(0.3), rngs=rngs)

    def __call__(self, inputs: jax.Array) -> jax.Array:
        hidden = jax.nn.leaky_relu(self.first(inputs), _LEAK)
        for layer in self.residual:
            hidden = hidden + jax.nn.leaky_relu(layer(hidden), _LEAK)
        return self.last(hidden)


def _histograms(count: int, bins: LogBins) -> nnx.Param[jax.Array] | None:
    """Logits of the histograms of left parts, then of right parts."""
    if not count:
        return None
    return nnx.Param(jnp.asarray(np.tile(Spectra.initial(count, bins), 2)))


def _shifted(array: jax.Array, by: int) -> jax.Array:
    """The array shifted along the layers, filled with zeros."""
    return jnp.pad(array, ((0, 0), (by, 0), (0, 0)))[:, : array.shape[1]]


def _downstream(left: jax.Array) -> jax.Array:
    """Energies downstream of each layer, from those of the layer and downstream (n, layers)."""
    return jnp.pad(left[:, 1:], ((0, 0), (0, 1)))


def _decay_matrix(layers: int) -> jax.Array:
    steps = jnp.arange(layers)[:, None] - jnp.arange(layers) - 1
    return jnp.where(steps >= 0, _MEMORY ** jnp.maximum(steps, 0).astype(jnp.float32), 0)


def _leaves(member: np.ndarray) -> np.ndarray:
    """Node number of each cell."""
    single = np.flatnonzero(member.sum(1) == 1)
    return single[np.argsort(member[single].argmax(1))]
