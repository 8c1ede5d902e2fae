"""The classical baseline: correlated normal numbers through the inverse distribution of each cell.

A Gaussian copula over all cells, layer energies and the total, conditional on the incident
energy and whatever else varies: each has its own measured distribution, and one matrix holds the
correlations of their normal scores. Cells are then scaled to the layer energies, and those to the
total. What such a law does not hold is a network's job.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from zipfile import BadZipFile

import numpy as np

from physgan.domains.base import Described
from physgan.domains.showers.copula_fit import fit_state
from physgan.domains.showers.copula_tables import LEVELS, CopulaState, quantile, triangle_of
from physgan.domains.showers.geometry import geometry_of
from physgan.domains.showers.layer_sums import match_layers
from physgan.errors import InputError
from simulators.protocol import Condition, Progress, Samples

__all__ = ["ShowerCopula"]

_CHUNK_NUMBERS = 1 << 20


class ShowerCopula:
    """A source of showers, to compare surrogates with.

    Windows in the incident energy: distributions are tabulated relative to it, in groups of 800
    or more neighbouring energies (one group an energy where there are few), and interpolated. Where
    other conditions vary, too, tables stand on a grid of all; see `copula_fit.fit_state`.
    Gaussian copulas: A. Sklar, Publ. Inst. Stat. Univ. Paris 8, 229 (1959); the normal scores
    of R. L. Iman, W. J. Conover, Commun. Stat. B 11, 311 (1982).

    Args:
        source: what has fields, conditions, grid and parameters of the showers.
        state: from `copula_fit.fit_state`.

    Good values: 10,000 training showers or more.
    Breaks when: cells depend on each other in ways that a correlation does not hold, such as
        a late start of the shower; or when more than three conditions vary, whose grid is coarse.

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
        self._main = _main_condition(self.conditions)
        self._axes = [self._main.name]
        if state.nodes.ndim > 1:
            self._axes = [c.name for c in self.conditions]
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
            InputError: for no energy at all, or no condition.
        """
        main = _main_condition(source.conditions)
        deposits = samples["deposits"].reshape(len(samples["deposits"]), -1)
        if not (deposits > 0).any():
            raise InputError("expected showers with energy; got zeros only")
        threshold = float(deposits[deposits > 0].min())
        known = {name: np.asarray(column, np.float64) for name, column in conditions.items()}
        others = [name for name in known if name != main.name and np.ptp(known[name]) > 0]
        names = [c.name for c in source.conditions] if others else [main.name]
        values = _variables(deposits, geometry_of(source).layer, threshold)
        values /= _unit(main, known[main.name])[:, None]
        rng = np.random.default_rng(seed)
        return cls(
            source, fit_state(values, _places(source.conditions, names, known), threshold, rng)
        )

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
        known = self._checked(conditions, count, extrapolate)
        deposits = np.zeros((count, *self.cells.axes), np.float32)
        step = max(1, _CHUNK_NUMBERS // self.state.empty.shape[1])
        for start in range(0, count, step):
            stop = min(start + step, count)
            noise = self._noise(seed, first_event + start, stop - start)
            part = {name: column[start:stop] for name, column in known.items()}
            drawn = self._showers(noise @ self._factor, part)
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
        width = len(cells.place) + cells.grid[0] + 1
        if not _consistent(arrays, width, len(source.conditions)):
            raise InputError(f"expected a file of ShowerCopula.save; got {path}; fit it again")
        return cls(source, CopulaState(**arrays))

    def _checked(
        self, conditions: Mapping[str, Any], count: int, extrapolate: bool
    ) -> dict[str, np.ndarray]:
        """All conditions, float64, one number for each shower."""
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
            sensible = np.all(np.isfinite(outside) & ((outside > 0) | (low <= 0)))
            if outside.size and not (extrapolate and sensible):
                raise InputError(
                    f"expected {condition.name} in [{low:g}, {high:g}] {condition.unit} (fitted "
                    f"range of {self.name}); got {outside.flat[0]:g}; "
                    "pass extrapolate=True to sample anyway"
                )
        return {
            name: np.broadcast_to(np.asarray(conditions[name], np.float64), (count,))
            for name in names
        }

    def _noise(self, seed: int, first: int, count: int) -> np.ndarray:
        """White normal numbers, each row of (seed, event number) alone."""
        noise = np.empty((count, self.state.empty.shape[1]))
        for row in range(count):
            stream = np.random.Philox(key=seed, counter=[0, 0, 0, first + row])
            np.random.Generator(stream).standard_normal(out=noise[row])
        return noise

    def _showers(self, scores: np.ndarray, conditions: Mapping[str, np.ndarray]) -> np.ndarray:
        """Normal scores to deposits on the grid, float64 (n, layers, rows, columns), MeV."""
        places = _places(self.conditions, self._axes, conditions)
        unit = _unit(self._main, conditions[self._main.name])[:, None]
        values = quantile(self.state, scores, places) * unit
        cells, threshold = len(self.cells.place), float(self.state.threshold)
        layers, total = values[:, cells:-1], values[:, -1]
        sums = layers.sum(1)
        layers = layers * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
        hit = values[:, :cells]
        hit = self.cells.to_grid(np.where(hit > 0, hit + threshold, 0))
        drawn = match_layers(hit.reshape(len(hit), self.cells.grid[0], -1), layers, threshold)
        return drawn.reshape(-1, *self.cells.grid)


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


def _main_condition(conditions: Sequence[Condition]) -> Condition:
    """The first condition that is an energy, or else the first."""
    if not conditions:
        raise InputError("expected a condition such as energy_mev; got none")
    return next((c for c in conditions if c.kind == "energy"), conditions[0])


def _unit(main: Condition, values: np.ndarray) -> np.ndarray:
    """What deposits are measured in: the incident energy if the condition is one, else 1 MeV."""
    return values if main.kind == "energy" else np.ones_like(values)


def _places(
    known: Sequence[Condition], names: Sequence[str], values: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Where conditions lie between the nodes, (n,) for one and (n, c) for several.

    Energies, and conditions of logarithmic scale, count by their logarithms.
    """
    logarithmic = {
        c.name: c.kind == "energy" or (len(names) > 1 and c.scale == "log") for c in known
    }
    columns = [np.log(values[name]) if logarithmic[name] else values[name] for name in names]
    return columns[0] if len(names) == 1 else np.stack(columns, -1)


def _consistent(arrays: dict[str, np.ndarray], width: int, conditions: int) -> bool:
    """Whether arrays from a file have the shapes and values of a `CopulaState`."""
    if set(arrays) != set(CopulaState._fields):
        return False
    nodes = arrays["nodes"].shape[:1]
    shapes = {
        "empty": (*nodes, width),
        "quantiles": (*nodes, LEVELS, width),
        "triangle": (width * (width + 1) // 2,),
        "threshold": (),
    }
    return (
        arrays["nodes"].shape in (nodes, (*nodes, conditions))
        and nodes > (0,)
        and all(arrays[name].shape == shape for name, shape in shapes.items())
        and all(a.dtype == np.float32 and np.isfinite(a).all() for a in arrays.values())
        and bool((arrays["empty"] >= 0).all() and (arrays["empty"] <= 1).all())
        and bool((arrays["quantiles"] >= 0).all())
    )
