"""The classical baseline: correlated normal numbers through the inverse distribution of each cell.

A Gaussian copula over all cells, layer energies and the total, conditional on the incident
energy: each has its own measured distribution, and one matrix holds the correlations of their
normal scores. Cells are then scaled to the layer energies, and those to the total. What such
a law does not hold is a network's job.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from zipfile import BadZipFile

import numpy as np
import scipy.special

from physgan.domains.base import Described
from physgan.domains.showers.copula_tables import (
    LEVELS,
    CopulaState,
    fit_state,
    level_of,
    triangle_of,
)
from physgan.domains.showers.geometry import geometry_of
from physgan.domains.showers.layer_sums import match_layers
from physgan.errors import InputError
from simulators.protocol import Progress, Samples

__all__ = ["ShowerCopula"]

_CHUNK_NUMBERS = 1 << 20


class ShowerCopula:
    """A source of showers, to compare surrogates with.

    Windows in the incident energy: distributions are tabulated relative to it, in groups of 800
    or more neighbouring energies (one group an energy where there are few), and interpolated.
    Gaussian copulas: A. Sklar, Publ. Inst. Stat. Univ. Paris 8, 229 (1959); the normal scores
    of R. L. Iman, W. J. Conover, Commun. Stat. B 11, 311 (1982).

    Args:
        source: what has fields, conditions, grid and parameters of the showers.
        state: from `copula_tables.fit_state`.

    Good values: 10,000 training showers or more.
    Breaks when: cells depend on each other in ways that a correlation does not hold, such as
        a late start of the shower; or when a second condition varies.

    Example:
        >>> copula = ShowerCopula.fit(dataset.info, samples, conditions)  # doctest: +SKIP
        >>> copula.sample({"energy_mev": 5e3}, count=100, seed=1)  # doctest: +SKIP
    """

    name: str = "copula"
    summary: ClassVar[str] = "Gaussian copula of cells, layer energies and the total; no network"
    size: int = 0

    def __init__(self, source: Described, state: CopulaState) -> None:
        self.state = state
        self.cells = geometry_of(source)
        self.conditions = source.conditions
        self._axis = _main_condition(source)
        self._factor = triangle_of(state).T.copy()

    @classmethod
    def fit(
        cls,
        source: Described,
        samples: Mapping[str, np.ndarray],
        conditions: Mapping[str, np.ndarray],
        *,
        seed: int = 0,
    ) -> "ShowerCopula":
        """Fit to showers.

        Args:
            source: describes them, such as a dataset's info.
            samples: "deposits", shape (n, *axes), MeV.
            conditions: name -> shape (n,).
            seed: breaks the ties of cells without energy.

        Raises:
            InputError: for no energy at all, or several conditions that vary.
        """
        axis = _main_condition(source)
        for name, values in conditions.items():
            if name != axis and np.ptp(values) > 0:
                raise InputError(
                    f"expected {axis} to be the only condition that varies, for the method "
                    f"{cls.name}; got {name} too; use gan"
                )
        deposits = samples["deposits"].reshape(len(samples["deposits"]), -1)
        if not (deposits > 0).any():
            raise InputError("expected showers with energy; got zeros only")
        threshold = float(deposits[deposits > 0].min())
        along = np.asarray(conditions[axis], np.float64)
        values = _variables(deposits, geometry_of(source).layer, threshold)
        values /= _unit(axis, along)[:, None]
        rng = np.random.default_rng(seed)
        return cls(source, fit_state(values, _place(axis, along), threshold, rng))

    def sample(
        self,
        conditions: Mapping[str, Any],
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        progress: Progress | None = None,
    ) -> Samples:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`.

        Args:
            conditions: name -> a number or shape (count,).
            count: number of showers.
            seed: the run.
            first_event: number of the first event within the run.
            extrapolate: whether to go on outside the fitted range, with its edge's response.
            progress: called with (done, count) now and then.

        Returns:
            {"deposits": float32 (count, *axes)}.

        Raises:
            InputError: for missing, wrong or outlying conditions.
        """
        along = self._checked(conditions, count, extrapolate)
        deposits = np.zeros((count, *self.cells.axes), np.float32)
        step = max(1, _CHUNK_NUMBERS // self.state.empty.shape[1])
        for start in range(0, count, step):
            stop = min(start + step, count)
            noise = self._noise(seed, first_event + start, stop - start)
            drawn = self._showers(noise @ self._factor, along[start:stop])
            deposits[start:stop] = self.cells.from_grid(drawn)
            if progress is not None:
                progress(stop, count)
        return {"deposits": deposits}

    def save(self, path: str | Path) -> None:
        """Write the fitted state to an npz file, without pickle."""
        arrays: dict[str, Any] = self.state._asdict()
        with Path(path).open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: str | Path, source: Described) -> "ShowerCopula":
        """Read a file written by `save`, for showers as `source` describes them.

        Raises:
            InputError: if the file is not one.
        """
        try:
            with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = {name: file[name] for name in CopulaState._fields}
        except (KeyError, ValueError, TypeError, EOFError, AttributeError, BadZipFile):
            arrays = {}
        cells = geometry_of(source)
        if not _consistent(arrays, len(cells.place) + cells.grid[0] + 1):
            raise InputError(f"expected a file of ShowerCopula.save; got {path}; fit it again")
        return cls(source, CopulaState(**arrays))

    def _checked(self, conditions: Mapping[str, Any], count: int, extrapolate: bool) -> np.ndarray:
        """The condition that showers depend on, one number each."""
        if count < 0:
            raise InputError(f"expected a count of 0 or more; got {count}")
        names = [c.name for c in self.conditions]
        if set(conditions) != set(names):
            raise InputError(f"expected the conditions {names}; got {sorted(conditions)}")
        for condition in self.conditions:
            given = np.asarray(conditions[condition.name], np.float64)
            low, high = condition.minimum, condition.maximum
            if given.shape not in ((), (count,)):
                raise InputError(
                    f"expected {condition.name} to be one number or {count}; "
                    f"got shape {given.shape}"
                )
            room = 1e-5 * max(abs(low), abs(high))
            outside = given[~((given >= low - room) & (given <= high + room))]
            if outside.size and not (extrapolate and np.all(outside > 0)):
                raise InputError(
                    f"expected {condition.name} in [{low:g}, {high:g}] {condition.unit} (fitted "
                    f"range of {self.name}); got {outside.flat[0]:g}; "
                    "pass extrapolate=True to sample anyway"
                )
        return np.broadcast_to(np.asarray(conditions[self._axis], np.float64), (count,))

    def _noise(self, seed: int, first: int, count: int) -> np.ndarray:
        """White normal numbers, each row of (seed, event number) alone."""
        noise = np.empty((count, self.state.empty.shape[1]))
        for row in range(count):
            stream = np.random.Philox(key=seed, counter=[0, 0, 0, first + row])
            np.random.Generator(stream).standard_normal(out=noise[row])
        return noise

    def _showers(self, scores: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Normal scores to deposits on the grid, float64 (n, layers, rows, columns), MeV."""
        unit = _unit(self._axis, along)[:, None]
        values = _quantile(self.state, scores, _place(self._axis, along)) * unit
        cells, threshold = len(self.cells.place), float(self.state.threshold)
        layers, total = values[:, cells:-1], values[:, -1]
        sums = layers.sum(1)
        layers = layers * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
        hit = values[:, :cells]
        hit = self.cells.to_grid(np.where(hit > 0, hit + threshold, 0))
        drawn = match_layers(hit.reshape(len(hit), self.cells.grid[0], -1), layers, threshold)
        return drawn.reshape(-1, *self.cells.grid)


def _quantile(state: CopulaState, scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values (n, v) whose normal scores are given, at places (n,) between the nodes."""
    lower, share = _between(state.nodes, places)
    upper = np.minimum(lower + 1, len(state.nodes) - 1)
    empty = state.empty[lower] + share[:, None] * (state.empty[upper] - state.empty[lower])
    uniform = scipy.special.ndtr(scores)
    row, column = np.nonzero(uniform > empty)
    within = (uniform[row, column] - empty[row, column]) / (1 - empty[row, column])
    level = level_of(np.clip(within, 0, 1))
    below = np.minimum(level.astype(np.int64), LEVELS - 2)
    part = level - below
    width, table = state.empty.shape[1], state.quantiles.reshape(-1)
    found = []
    for node in (lower, upper):
        index = (node[row] * LEVELS + below) * width + column
        low = table[index]
        found.append(low + part * (table[index + width] - low))
    values = np.zeros(scores.shape)
    values[row, column] = found[0] + share[row] * (found[1] - found[0])
    return values


def _between(nodes: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The node below each place, and how far it is to the next one, from 0 to 1."""
    lower = np.clip(np.searchsorted(nodes, places) - 1, 0, max(len(nodes) - 2, 0))
    step = nodes[np.minimum(lower + 1, len(nodes) - 1)] - nodes[lower]
    return lower, np.clip((places - nodes[lower]) / np.maximum(step, 1e-12), 0, 1)


def _variables(deposits: np.ndarray, layer: np.ndarray, threshold: float) -> np.ndarray:
    """Cells' deposits above the threshold, layer energies and the total: float32 (n, v), MeV.

    A lit cell keeps a tiny value at least, so that it is not taken for an empty one.
    """
    count, cells = deposits.shape
    layers = int(layer.max()) + 1
    values = np.empty((count, cells + layers + 1), np.float32)
    smallest = np.float32(1e-6 * threshold)
    np.subtract(deposits, np.float32(threshold), out=values[:, :cells])
    np.maximum(values[:, :cells], smallest, out=values[:, :cells])
    values[:, :cells] *= deposits > 0
    for number in range(layers):
        values[:, cells + number] = deposits[:, layer == number].sum(1, dtype=np.float64)
    values[:, -1] = values[:, cells:-1].sum(1, dtype=np.float64)
    return values


def _main_condition(source: Described) -> str:
    """The first condition that is an energy, or else the first."""
    names = [condition.name for condition in source.conditions]
    if not names:
        raise InputError("expected a condition such as energy_mev; got none")
    return next((name for name in names if name.startswith("energy")), names[0])


def _unit(axis: str, along: np.ndarray) -> np.ndarray:
    """What deposits are measured in: the incident energy if the condition is one, else 1 MeV."""
    return along if axis.startswith("energy") else np.ones_like(along)


def _place(axis: str, along: np.ndarray) -> np.ndarray:
    """Where a condition lies between the nodes: energies on a logarithmic scale."""
    return np.log(along) if axis.startswith("energy") else along


def _consistent(arrays: dict[str, np.ndarray], width: int) -> bool:
    """Whether arrays from a file have the shapes and values of a `CopulaState`."""
    if set(arrays) != set(CopulaState._fields):
        return False
    nodes = arrays["nodes"].shape
    shapes = {
        "empty": (*nodes, width),
        "quantiles": (*nodes, LEVELS, width),
        "triangle": (width * (width + 1) // 2,),
        "threshold": (),
    }
    return (
        len(nodes) == 1
        and nodes[0] > 0
        and all(arrays[name].shape == shape for name, shape in shapes.items())
        and all(a.dtype == np.float32 and np.isfinite(a).all() for a in arrays.values())
        and bool((arrays["empty"] >= 0).all() and (arrays["empty"] <= 1).all())
        and bool((arrays["quantiles"] >= 0).all())
    )
