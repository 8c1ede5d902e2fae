"""Histograms of single entries of samples, kept as counts of every sample."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from physgan.domains.base import Domain, Spectrum
from physgan.fidelity.histograms import choose_binning
from physgan.fidelity.separation import Separation, separation_power

__all__ = ["SpectrumCounts", "separation_of_spectra", "spectrum_counts"]

_EFFECTIVE_BINS = 100
_ROWS = 2048


@dataclass(frozen=True)
class SpectrumCounts:
    """How many entries of every sample lie in each bin.

    Args:
        spectrum: what is counted.
        edges: of the bins, shape (bins + 1,); the first and the last may be open.
        counts: of each sample, in the smallest type that holds them, shape (n, parts, bins).
    """

    spectrum: Spectrum
    edges: np.ndarray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean number of entries in a sample, and its standard error, shape (parts, bins)."""
        total = self.counts.sum(0, dtype=np.float64)
        squares = np.einsum("npb,npb->pb", *2 * [self.counts], dtype=np.float64, casting="unsafe")
        mean = total / len(self)
        variance = np.maximum(squares / len(self) - mean**2, 0)
        return mean, np.sqrt(variance / max(len(self) - 1, 1))


def spectrum_counts(
    domain: Domain, spectrum: Spectrum, real: np.ndarray, *others: np.ndarray
) -> list[SpectrumCounts]:
    """Counts of several sets of samples in bins by the real ones alone.

    Args:
        domain: of the samples.
        spectrum: one of its spectra.
        real: the domain's physical view of real samples, shape (n, k).
        others: the same of other samples.
    """
    first = len(domain.conditions)
    sides = [side[:, first:] for side in (real, *others)]
    edges = (spectrum.edges or _edges)(spectrum.values(sides[0]).ravel())
    part = np.zeros(real.shape[1] - first, int) if spectrum.part is None else spectrum.part
    return [SpectrumCounts(spectrum, edges, _counted(spectrum, s, edges, part)) for s in sides]


def separation_of_spectra(
    real: SpectrumCounts, fake: SpectrumCounts, seed: int = 0, draws: int = 40
) -> Separation:
    """Separation power of every part's histogram, with errors by bootstrap of whole samples.

    Args:
        real: counts of real samples.
        fake: counts of others in the same bins.
        seed: of the bootstrap.
        draws: bootstrap repeats.
    """
    rng = np.random.default_rng(seed)
    shares, drawn = [], []
    for side in (real, fake):
        table = side.counts.reshape(len(side), -1).astype(np.float32)
        weights = rng.multinomial(len(side), np.full(len(side), 1 / len(side)), draws)
        totals = np.concatenate([np.ones((1, len(side))), weights]).astype(np.float32) @ table
        both = _normalised(totals.reshape(1 + draws, *side.counts.shape[1:]).astype(np.float64))
        shares.append(both[0])
        drawn.append(both[1:])
    values, repeats = separation_power(*shares), separation_power(*drawn)
    spread = float(repeats.mean(1).std(ddof=1))
    return Separation(values, repeats.std(0, ddof=1), (float(values.mean()), spread))


def _normalised(totals: np.ndarray) -> np.ndarray:
    return np.asarray(totals / np.maximum(totals.sum(-1, keepdims=True), 1))


def _edges(values: np.ndarray) -> np.ndarray:
    """Bins of one width over the real entries, between an open one on either side."""
    binning = choose_binning(values, effective=_EFFECTIVE_BINS)
    inner = binning.edges(float(values.min()), float(values.max()))
    return np.concatenate([[-np.inf], inner, [np.inf]])


def _counted(
    spectrum: Spectrum, columns: np.ndarray, edges: np.ndarray, part: np.ndarray
) -> np.ndarray:
    """Counts (n, parts, bins), some thousand samples at a time."""
    parts, bins = max(len(spectrum.parts), 1), len(edges) - 1
    kind: Any = np.min_scalar_type(columns.shape[1])
    counts = np.empty((len(columns), parts * bins), kind)
    for start in range(0, len(columns), _ROWS):
        values = spectrum.values(columns[start : start + _ROWS])
        sample, column = np.nonzero((values >= edges[0]) & (values <= edges[-1]))
        bin_ = np.searchsorted(edges, values[sample, column], side="right") - 1
        place = (sample * parts + part[column]) * bins + np.minimum(bin_, bins - 1)
        found = np.bincount(place, minlength=len(values) * parts * bins)
        counts[start : start + len(values)] = found.reshape(len(values), -1)
    return counts.reshape(-1, parts, bins)
