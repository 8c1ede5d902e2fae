"""Does a source repeat itself, or what it learnt from?"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from physgan.benchmark.sources import DrawnSet, Plan, together
from physgan.domains.base import Conditions, Samples
from physgan.fidelity import copied_share, repeated_share, to_nearest, views_of

__all__ = ["Learnt", "Nearest", "Shares", "look_for_copies"]

_MOST, _FEWEST = 2_000, 200
_PAIRS = 4
_ROUNDING = 1e-5
_PRODUCTS = 1.5e10
"""Products of two numbers that the distances in one view may take."""

Shares = dict[str, tuple[float, float]]
"""Name of a view -> share and its standard error."""


class Learnt(NamedTuple):
    """Samples of a training set, and samples of the same distribution that training never saw.

    Attributes:
        learnt: samples and conditions, name -> shape (n, ...).
        unseen: likewise.
    """

    learnt: tuple[Samples, Conditions]
    unseen: tuple[Samples, Conditions]


class Nearest(NamedTuple):
    """How near samples come to training samples, in the domain's first view.

    Attributes:
        view: its name. Distances are Euclidean, with every column over its spread,
            conditions among them.
        own: distance of each sample of the surrogate to the nearest training sample, shape (n,).
        truth: of other samples of the truth at the same conditions, shape (m,).
        samples: those of the surrogate that are nearest, the nearest first; four at most.
        learnt: the training samples that they are nearest to.
    """

    view: str
    own: np.ndarray
    truth: np.ndarray
    samples: Samples
    learnt: Samples


def look_for_copies(
    plan: Plan, reference: DrawnSet, sources: Sequence[DrawnSet], about: Learnt | None
) -> tuple[dict[str, list[Shares]], dict[str, Shares], Nearest | None]:
    """Shares of samples that repeat another one, and of copies of training samples, by source.

    Args:
        plan: of the benchmark.
        reference: a set of the truth.
        sources: what is compared with it.
        about: what was learnt; None leaves copies out.

    Returns:
        (repeats at each condition, see `repeated_share`; copies, see `copied_share`; how near the
        surrogate comes to what was learnt).
    """
    real = _tables(plan, reference)
    pools = None if about is None else [views_of(plan.domain, *side) for side in about]
    repeats, copies, nearest = {}, {}, None
    for source in sources:
        fake = _tables(plan, source)
        repeats[source.name] = _repeats(len(plan.conditions), real, fake)
        if about is not None and pools is not None:
            copies[source.name] = _copies(fake[0], *pools)
            if source.role == "surrogate":
                views = (real[0], fake[0], pools[0])
                nearest = _nearest(plan, source, views, about.learnt[0])
    return repeats, copies, nearest


def _repeats(conditions: int, *tables: tuple[Mapping[str, np.ndarray], np.ndarray]) -> list[Shares]:
    """At each condition, by view, of real and generated samples."""
    found: list[Shares] = []
    for number in range(conditions):
        real, fake = (
            {name: rows[(places == number).any(1)][:_MOST] for name, rows in views.items()}
            for views, places in tables
        )
        scaled = {name: _on_one_scale(real[name], fake[name]) for name in real}
        found.append({name: repeated_share(*sides) for name, sides in scaled.items()})
    return found


def _copies(
    fake: Mapping[str, np.ndarray],
    learnt: Mapping[str, np.ndarray],
    unseen: Mapping[str, np.ndarray],
) -> Shares:
    """By view; of so many samples as the distances allow."""
    found: Shares = {}
    for name, rows in fake.items():
        chosen = rows[_spread_out(rows, learnt[name].size + unseen[name].size)]
        scaled = _on_one_scale(learnt[name], chosen, unseen[name])
        found[name] = copied_share(scaled[1], scaled[0], scaled[2])
    return found


def _nearest(
    plan: Plan,
    source: DrawnSet,
    views: Sequence[Mapping[str, np.ndarray]],
    learnt: Samples,
) -> Nearest:
    """Distances to the nearest training samples, of as many samples as they allow.

    Args:
        plan: of the benchmark.
        source: the surrogate.
        views: of the truth's samples, the surrogate's, and those that were learnt.
        learnt: these last.
    """
    view = next(iter(views[2]))
    real, fake, pool = (each[view] for each in views)
    rows = [_spread_out(side, pool.size) for side in (real, fake)]
    scaled = _on_one_scale(pool, real[rows[0]], fake[rows[1]])
    truth, _ = to_nearest(scaled[1], scaled[0])
    own, index = to_nearest(scaled[2], scaled[0])
    closest = np.argsort(own, kind="stable")[:_PAIRS]
    samples, _, _ = together(plan, source, _MOST * len(plan.conditions))
    return Nearest(
        view,
        own,
        truth,
        {name: values[rows[1][closest]] for name, values in samples.items()},
        {name: values[index[closest]] for name, values in learnt.items()},
    )


def _spread_out(rows: np.ndarray, pool: float) -> np.ndarray:
    """Numbers of so many rows as distances to `pool` numbers allow."""
    most = int(np.clip(_PRODUCTS / pool, _FEWEST, _MOST))
    return np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)


def _tables(plan: Plan, drawn: DrawnSet) -> tuple[Mapping[str, np.ndarray], np.ndarray]:
    """Views of a set's samples, and the numbers of their conditions, shape (n, c)."""
    samples, conditions, places = together(plan, drawn, _MOST * len(plan.conditions))
    return views_of(plan.domain, samples, conditions), places


def _on_one_scale(real: np.ndarray, *others: np.ndarray) -> Sequence[np.ndarray]:
    """All with each column over its spread among real samples, if that is no rounding."""
    spread = real.std(0, dtype=np.float64)
    lively = spread > _ROUNDING * np.abs(real).max(0)
    scale = np.where(lively, spread, 1.0).astype(np.float32)
    return [side / scale for side in (real, *others)]
