"""A classical baseline: correlated normal numbers through the inverse distribution of each entry.

A Gaussian copula over all entries of a sample, conditional on whatever varies: each entry has its
own measured distribution, and one matrix holds the correlations of their normal scores. What such a
law does not hold is a network's job.
"""

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from physgan.domains.base import Described, Samples
from physgan.domains.copula.conditions import checked_conditions, event_noise
from physgan.domains.copula.fit import fit_state
from physgan.domains.copula.tables import LEVELS, CopulaState, quantile, triangle_of
from physgan.domains.fitted_arrays import read_arrays, write_arrays
from physgan.errors import InputError
from simulators.protocol import Condition, Progress

__all__ = ["Copula"]

_CHUNK_NUMBERS = 1 << 20
_LIFT = 4.0


class Copula:
    """A source of samples, to compare surrogates with.

    Windows in the first condition that is an energy, or else in the first: distributions are
    tabulated in groups of 800 or more neighbouring values (one group a value where there are few),
    and interpolated. Where other conditions vary, too, tables stand on a grid of all; see
    `fit_state`. Entries that are exactly zero have a probability of their own, unless some entry
    is negative.
    Gaussian copulas: A. Sklar, Publ. Inst. Stat. Univ. Paris 8, 229 (1959); the normal scores
    of R. L. Iman, W. J. Conover, Commun. Stat. B 11, 311 (1982).

    A subclass states its domain's field. One whose variables are more than the entries defines
    `width`, `measured` and `restored`.

    Args:
        source: what has fields, conditions, grid and parameters of the samples.
        state: from `fit_state`.

    Attributes:
        field: name of the samples' field.
        shape: of one sample.

    Good values: 10,000 training samples or more.
    Breaks when: entries depend on each other in ways that a correlation does not hold, such as
        a late start of a shower; or when more than three conditions vary, whose grid is coarse.

    Example:
        >>> copula = ShowerCopula.fit(dataset.info, samples, conditions)  # doctest: +SKIP
        >>> copula.sample({"energy_mev": 5e3}, count=100, seed=1)  # doctest: +SKIP
    """

    name: str = "copula"
    summary: ClassVar[str] = "Gaussian copula of all entries of a sample; no network"
    size: int = 0
    field: ClassVar[str]

    def __init__(self, source: Described, state: CopulaState) -> None:
        self.state = state
        self.shape = self.shape_of(source)
        self.conditions = source.conditions
        main = _main_condition(self.conditions)
        self._axes = [main.name] if main else []
        if state.nodes.ndim > 1:
            self._axes = [c.name for c in self.conditions]
        self._factor = triangle_of(state).T.copy()

    @classmethod
    def shape_of(cls, source: Described) -> tuple[int, ...]:
        """Shape of one sample; here the grid's, which has a coordinate for each entry."""
        lengths = {axis.name: len(axis.values) for axis in source.grid}
        return tuple(lengths[a] for f in source.fields if f.name == cls.field for a in f.axes)

    @classmethod
    def width(cls, source: Described) -> int:
        """Number of variables; here of entries."""
        return prod(cls.shape_of(source))

    @classmethod
    def measured(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, float]:
        """The variables that are tabulated, and a number that is kept with the tables.

        Here the entries themselves; if some are negative, all are raised by the number. It is so
        large that a trend, which multiplies them, shifts them.

        Args:
            source: describes the samples.
            samples: shape (n, *shape).
            conditions: name -> shape (n,).
            rng: of random draws, such as a dequantisation.

        Returns:
            (float32, shape (n, width), 0 or positive; the number)

        Raises:
            InputError: for samples that the model does not support.
        """
        flat = np.asarray(samples[cls.field], np.float32).reshape(len(samples[cls.field]), -1)
        lift = _LIFT * float(np.abs(flat).max()) if flat.min() < 0 else 0.0
        return flat + np.float32(lift), lift

    def restored(self, values: np.ndarray, conditions: Mapping[str, np.ndarray]) -> np.ndarray:
        """Variables (n, width) back to samples (n, *shape), in their own type."""
        entries = (values - float(self.state.threshold)).astype(np.float32)
        return entries.reshape(-1, *self.shape)

    @classmethod
    def fit(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        *,
        seed: int = 0,
    ) -> Self:
        """Fit to samples.

        Args:
            source: describes them, such as a dataset's info.
            samples: shape (n, *shape).
            conditions: name -> shape (n,).
            seed: breaks the ties of zeros.

        Raises:
            InputError: for samples or conditions that the model does not support.
        """
        main = _main_condition(source.conditions)
        known = {name: np.asarray(column, np.float64) for name, column in conditions.items()}
        others = [n for n in known if main and n != main.name and np.ptp(known[n]) > 0]
        names = [c.name for c in source.conditions] if others else [main.name] if main else []
        rng = np.random.default_rng(seed)
        values, number = cls.measured(source, samples, known, rng)
        places = _places(source.conditions, names, known, len(values))
        return cls(source, fit_state(values, places, number, rng))

    def sample(
        self,
        conditions: Mapping[str, Any],
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`.

        Args:
            conditions: name -> a number or shape (count,).
            count: number of samples.
            seed: the run.
            first_event: number of the first event within the run.
            extrapolate: whether to go on outside the fitted range, with its edge's distributions.
            progress: called with (done, count) now and then.

        Returns:
            The field, shape (count, *shape).

        Raises:
            InputError: for missing, wrong or outlying conditions.
        """
        known = checked_conditions(self.conditions, conditions, count, extrapolate, self.name)
        width = self.state.empty.shape[1]
        step = max(1, _CHUNK_NUMBERS // width)
        one = {name: np.ones(1) for name in known}
        parts = [] if count else [self.restored(np.zeros((1, width)), one)[:0]]
        for start in range(0, count, step):
            stop = min(start + step, count)
            noise = event_noise(seed, first_event + start, stop - start, width)
            part = {name: column[start:stop] for name, column in known.items()}
            places = _places(self.conditions, self._axes, part, stop - start)
            values = quantile(self.state, noise @ self._factor, places)
            parts.append(self.restored(values, part))
            if progress is not None:
                progress(stop, count)
        return {self.field: np.concatenate(parts)}

    def save(self, path: str | Path) -> None:
        """Write the fitted state to an npz file, without pickle."""
        write_arrays(path, self.state._asdict())

    @classmethod
    def load(cls, path: str | Path, source: Described) -> Self:
        """Read a file written by `save`, for samples as `source` describes them.

        Raises:
            InputError: if the file is not one.
        """
        arrays = read_arrays(path, CopulaState._fields)
        if not _consistent(arrays, cls.width(source), len(source.conditions)):
            raise InputError(f"expected a file of {cls.__name__}.save; got {path}; fit it again")
        return cls(source, CopulaState(**arrays))


def _main_condition(conditions: Sequence[Condition]) -> Condition | None:
    """The first condition that is an energy, or else the first; None without conditions."""
    energies = (c for c in conditions if c.kind == "energy")
    return next(energies, conditions[0] if conditions else None)


def _places(
    known: Sequence[Condition],
    names: Sequence[str],
    values: Mapping[str, np.ndarray],
    count: int,
) -> np.ndarray:
    """Where conditions lie between the nodes, (n,) for one or none and (n, c) for several.

    Energies, and conditions of logarithmic scale, count by their logarithms.
    """
    logarithmic = {
        c.name: c.kind == "energy" or (len(names) > 1 and c.scale == "log") for c in known
    }
    columns = [np.log(values[name]) if logarithmic[name] else values[name] for name in names]
    if not columns:
        return np.zeros(count)
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
        and bool((arrays["quantiles"] >= 0).all() and arrays["threshold"] >= 0)
    )
