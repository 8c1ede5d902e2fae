"""Histograms of single entries of samples, kept as counts of every sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from physgan.domains.base import Domain, Spectrum
from physgan.domains.entry_counts import entry_counts
from physgan.fidelity.histograms import choose_binning
from physgan.fidelity.separation import Separation, bootstrap_weights, separation_power

__all__ = ["SpectrumCounts", "count_spectra", "separation_of_spectra", "spectrum_edges"]

_EFFECTIVE_BINS = 100
_ROWS = 2048
_TINY = 1e-300


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

    def merged(self, number: int) -> "SpectrumCounts":
        """Without the open bins, and every `number` neighbours of the others as one."""
        closed = np.flatnonzero(np.isfinite(self.edges) & (np.abs(self.edges) > _TINY))
        edges = self.edges[closed][::number]
        starts = closed[0] + number * np.arange(len(edges) - 1) if len(closed) else closed
        inside = self.counts[..., : closed[len(starts) * number] if len(starts) else 0]
        counts = np.add.reduceat(inside, starts, axis=-1, dtype=np.uint32)
        return SpectrumCounts(self.spectrum, edges, counts)


def spectrum_edges(domain: Domain, real: np.ndarray) -> dict[str, np.ndarray]:
    """Edges of the bins of every spectrum by real samples alone: name -> shape (bins + 1,).

    Args:
        domain: of the samples.
        real: its physical view of real samples, shape (n, k).
    """
    columns = real[:, len(domain.conditions) :]
    kinds = {(s.values, s.edges or _edges) for s in domain.spectra}
    edges = {(values, bins): bins(values(columns).ravel()) for values, bins in kinds}
    return {s.name: edges[s.values, s.edges or _edges] for s in domain.spectra}


def count_spectra(
    domain: Domain, view: np.ndarray, edges: Mapping[str, np.ndarray]
) -> dict[str, SpectrumCounts]:
    """Counts of every spectrum of the domain, by name, some thousand samples at a time.

    Args:
        domain: of the samples.
        view: its physical view of them, shape (n, k).
        edges: of the bins; see `spectrum_edges`.
    """
    columns = view[:, len(domain.conditions) :]
    counts = {
        s.name: np.empty(
            (len(columns), max(len(s.parts), 1), len(edges[s.name]) - 1),
            np.min_scalar_type(columns.shape[1]),
        )
        for s in domain.spectra
    }
    alike: dict[Any, list[Spectrum]] = {}
    for s in domain.spectra:
        alike.setdefault((s.values, edges[s.name].tobytes()), []).append(s)
    for start in range(0, len(columns), _ROWS):
        rows = slice(start, start + _ROWS)
        for (values, _), spectra in alike.items():
            groupings = [(_part(s, columns), max(len(s.parts), 1)) for s in spectra]
            found = entry_counts(values(columns[rows]), edges[spectra[0].name], groupings)
            for spectrum, some in zip(spectra, found, strict=True):
                counts[spectrum.name][rows] = some
    return {s.name: SpectrumCounts(s, edges[s.name], counts[s.name]) for s in domain.spectra}


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
        weights = [np.ones(len(side)), *(bootstrap_weights(rng, len(side)) for _ in range(draws))]
        totals = np.stack(weights).astype(np.float32) @ table
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


def _part(spectrum: Spectrum, columns: np.ndarray) -> np.ndarray:
    return np.zeros(columns.shape[1], int) if spectrum.part is None else spectrum.part
