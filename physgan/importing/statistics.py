"""What is in arrays: ranges, zeros, values that pile up, samples that repeat; read in pieces."""

import math
from collections import Counter
from hashlib import blake2b
from typing import Any

import numpy as np

__all__ = ["SampleStatistics", "column_statistics"]

_PER_DECADE = 20
_DECADES = 330
_SHARE_LOST = 1e-4
_KEPT = 20_000
_REMEMBERED = 2_000_000
_FEW = 0.1
_RATIO = 5.0


class SampleStatistics:
    """Of arrays (n, *axes), added piece by piece.

    Attributes:
        count: number of samples.
        smallest, largest: values of all samples.
        smallest_positive: infinity if there is none.
        empty: samples of zeros only.
        repeated: samples equal to one of the first two million, empty ones apart.
    """

    def __init__(self) -> None:
        self.count = self.entries = self.zeros = self.empty = self.repeated = 0
        self.smallest, self.largest, self.smallest_positive = math.inf, -math.inf, math.inf
        self.whole = True
        self._seen: set[bytes] = set()
        self._often: Counter[float] = Counter()
        self._few = True
        bins = 2 * _DECADES * _PER_DECADE + 1
        self._numbers, self._sums = np.zeros(bins), np.zeros(bins)

    def add(self, values: np.ndarray) -> None:
        """Count more samples of finite values."""
        flat = np.ascontiguousarray(values).reshape(len(values), -1)
        self.count += len(flat)
        self.entries += flat.size
        lit = (flat != 0).any(1)
        self.empty += int((~lit).sum())
        self.smallest = min(self.smallest, float(flat.min()))
        self.largest = max(self.largest, float(flat.max()))
        self._repeats(flat[lit])
        entries = flat[flat != 0].astype(np.float64)
        self.zeros += flat.size - entries.size
        self.whole = self.whole and bool((entries == np.rint(entries)).all())
        positive = entries[entries > 0]
        if positive.size:
            self.smallest_positive = min(self.smallest_positive, float(positive.min()))
            place = np.floor((np.log10(positive) + _DECADES) * _PER_DECADE).astype(int)
            self._numbers += np.bincount(place, minlength=len(self._numbers))
            self._sums += np.bincount(place, positive, minlength=len(self._sums))
        self._count_values(entries)

    def summary(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "count": self.count,
            "smallest": self.smallest,
            "largest": self.largest,
            "smallest_positive": self.smallest_positive if self.entries > self.zeros else None,
            "decades": round(self.decades, 1),
            "whole_numbers": self.whole,
            "share_of_zeros": self.zeros / max(self.entries, 1),
            "empty": self.empty,
            "repeated": self.repeated,
        }

    @property
    def decades(self) -> float:
        """From the smallest positive value to the largest."""
        if not math.isfinite(self.smallest_positive):
            return 0.0
        return math.log10(self.largest / self.smallest_positive)

    def pile_ups(self) -> dict[float, dict[str, Any]]:
        """Values other than 0 that occur suspiciously often, the most frequent five.

        Of values that take few levels, such as counts, those that occur five times as often as the
        median of the three levels on either side (the lowest level apart: spectra fall steeply
        there). Of others, those that make up a ten-thousandth of all, five at least, and a largest
        value that occurs three times or more.
        """
        found = self._peaks() if self._few else self._repeated_values()
        found = dict(sorted(found.items(), key=lambda item: -item[1])[:5])
        return {
            value: {"times": count, **({"saturation": True} if value == self.largest else {})}
            for value, count in found.items()
        }

    def sensible_threshold(self) -> float:
        """The largest threshold of one digit below which values sum to 0.01 % of the total."""
        below = np.cumsum(self._sums)
        last = int(np.searchsorted(below, _SHARE_LOST * below[-1]))
        edge = 10.0 ** (last / _PER_DECADE - _DECADES)
        unit = 10.0 ** math.floor(math.log10(edge))
        return float(f"{math.floor(edge / unit * (1 + 1e-9)) * unit:.1g}")

    def share_below(self, threshold: float) -> tuple[float, float]:
        """Shares of the positive values, and of their sum, below a threshold; to a bin or so."""
        stop = round((math.log10(threshold) + _DECADES) * _PER_DECADE)
        numbers, sums = self._numbers, self._sums
        return float(numbers[:stop].sum() / numbers.sum()), float(sums[:stop].sum() / sums.sum())

    def _repeats(self, rows: np.ndarray) -> None:
        for row in rows:
            mark = blake2b(row.tobytes(), digest_size=12).digest()
            self.repeated += mark in self._seen
            if len(self._seen) < _REMEMBERED:
                self._seen.add(mark)

    def _count_values(self, entries: np.ndarray) -> None:
        values, counts = np.unique(entries, return_counts=True)
        if len(values) > _FEW * entries.size + 100:
            self._few = False
        often = slice(None) if self._few else counts > 1
        for value, count in zip(values[often].tolist(), counts[often].tolist(), strict=True):
            self._often[value] += count
        if len(self._often) > _KEPT and not self._few:
            self._often = Counter(dict(self._often.most_common(_KEPT)))

    def _peaks(self) -> dict[float, int]:
        values = sorted(self._often)
        counts = np.array([self._often[value] for value in values])
        found = {}
        for i in range(1, len(values)):
            near = np.concatenate([counts[max(i - 3, 0) : i], counts[i + 1 : i + 4]])
            usual = max(float(np.median(near)), 1.0)
            if len(near) > 2 and counts[i] > _RATIO * usual + 6 * math.sqrt(usual):
                found[values[i]] = int(counts[i])
        return found

    def _repeated_values(self) -> dict[float, int]:
        least = max(5, math.ceil(1e-4 * (self.entries - self.zeros)))
        found = {value: count for value, count in self._often.items() if count >= least}
        if self._often[self.largest] >= 3:
            found[self.largest] = self._often[self.largest]
        return found


def column_statistics(values: np.ndarray) -> dict[str, Any]:
    """Range and number of distinct values of a condition, shape (n,), as JSON values."""
    return {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "distinct": len(np.unique(values)),
    }
