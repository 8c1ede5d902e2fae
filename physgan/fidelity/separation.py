"""Separation power of two histograms, the measure of the CaloChallenge."""

from dataclasses import dataclass

import numpy as np

from physgan.fidelity.histograms import choose_binning

__all__ = ["Separation", "bootstrap_weights", "separation_power", "separations"]

_TINY = 1e-16


@dataclass(frozen=True)
class Separation:
    """Separation power of an observable's components.

    Args:
        values: one a component, 0 for equal histograms, 1 for disjoint ones, shape (k,).
        errors: their standard errors, shape (k,).
        mean: over the components, with its standard error.
    """

    values: np.ndarray
    errors: np.ndarray
    mean: tuple[float, float]


def separation_power(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """S = 1/2 sum_i (p_i - q_i)^2 / (p_i + q_i + 1e-16).

    S. Diefenbacher et al., Eur. Phys. J. C 80, 688 (2020), as C. Krause et al.,
    arXiv:2410.21611, section 4, use it. Two sets of n samples of one distribution have S of about
    (bins - 1) / (2 n): quote it beside truth against truth.

    Args:
        first: shares p of the bins, which sum to 1, shape (..., bins).
        second: shares q of the same bins.
    """
    return np.asarray(0.5 * ((first - second) ** 2 / (first + second + _TINY)).sum(-1))


def separations(
    real: np.ndarray,
    fake: np.ndarray,
    spacing: float | None = None,
    seed: int = 0,
    draws: int = 40,
) -> Separation:
    """Separation power of every component of an observable, with errors by bootstrap.

    The bins are fixed by the real samples alone; see `choose_binning`. The bootstrap draws whole
    samples, so the error of the mean knows that components go together.

    Args:
        real: shape (n,) or (n, k).
        fake: shape (m,) or (m, k).
        spacing: distance of discrete levels; see `choose_binning`.
        seed: of the bootstrap.
        draws: bootstrap repeats.
    """
    sides = [side.reshape(len(side), -1) for side in (real, fake)]
    bins, starts = _numbered(sides[0], sides[1], spacing)
    rng = np.random.default_rng(seed)
    drawn = [[bootstrap_weights(rng, len(b)) for b in bins] for _ in range(draws)]
    repeats = np.array([_powers(bins, starts, weights) for weights in drawn])
    values = _powers(bins, starts, [np.ones(len(b)) for b in bins])
    spread = float(repeats.mean(1).std(ddof=1))
    return Separation(values, repeats.std(0, ddof=1), (float(values.mean()), spread))


def bootstrap_weights(rng: np.random.Generator, count: int) -> np.ndarray:
    """How often each of `count` samples is drawn in as many draws with replacement, (count,)."""
    return np.bincount(rng.integers(0, count, count), minlength=count)


def _numbered(
    real: np.ndarray, fake: np.ndarray, spacing: float | None
) -> tuple[list[np.ndarray], np.ndarray]:
    """Occupied bins of all components counted through, (n, k) and (m, k), and where each starts."""
    columns, starts = [], [0]
    for component in range(real.shape[1]):
        pair = [side[:, component].astype(np.float64) for side in (real, fake)]
        binning = choose_binning(pair[0], spacing)
        occupied, bins = np.unique(
            np.concatenate([binning.index(side) for side in pair]), return_inverse=True
        )
        columns.append((bins + starts[-1]).astype(np.int32))
        starts.append(starts[-1] + len(occupied))
    table = np.stack(columns, 1)
    return [table[: len(real)], table[len(real) :]], np.array(starts)


def _powers(bins: list[np.ndarray], starts: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Separation power of each component, for samples counted `weights` times."""
    p, q = (
        np.bincount(b.ravel(), np.repeat(w, b.shape[1]), starts[-1]) / w.sum()
        for b, w in zip(bins, weights, strict=True)
    )
    terms = (p - q) ** 2 / (p + q + _TINY)
    return np.asarray(0.5 * np.add.reduceat(terms, starts[:-1]))
