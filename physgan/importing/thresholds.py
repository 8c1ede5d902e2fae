"""The threshold of imported samples, and what it cuts."""

import math
from typing import Any

import numpy as np

from physgan.errors import InputError

__all__ = ["MANY_DECADES", "Cut"]

MANY_DECADES = 7.0
"""A range of positive values that is worth a word."""


class Cut:
    """Counts values before and after a threshold, piece by piece.

    The threshold of the data is their smallest positive value; cutting below one of the user's can
    only raise it.
    """

    def __init__(self) -> None:
        self.values = self.cut = self.rows = 0
        self.total = self.cut_total = 0.0
        self.smallest, self.largest, self.lowest = math.inf, 0.0, 0.0
        self.differ = False
        self._first: np.ndarray | None = None

    def add(self, values: np.ndarray, stored: np.ndarray) -> None:
        """Count rows as they were, and as they are stored, shapes (n, *axes)."""
        gone = (stored == 0) & (values != 0)
        sums = np.asarray(values, np.float64)
        self.rows += len(values)
        self.values += int(np.count_nonzero(values))
        self.cut += int(gone.sum())
        self.total += float(sums.sum())
        self.cut_total += float(sums[gone].sum())
        if (positive := stored[stored > 0]).size:
            self.smallest = min(float(positive.min()), self.smallest)
        self.largest = float(max(stored.max(), self.largest))
        self.lowest = float(min(stored.min(), self.lowest))
        self._first = stored[0].copy() if self._first is None else self._first
        self.differ = self.differ or bool((stored != self._first).any())

    def check(self, name: str) -> None:
        """Refuse samples that are all equal.

        Raises:
            InputError: with their number.
        """
        if not self.differ:
            what = "zeros only" if self.largest == self.lowest == 0 else "the same in every row"
            raise InputError(f"expected samples that differ in {name}; got {self.rows}, {what}")

    def parameters(self) -> dict[str, Any]:
        """The threshold as a parameter of the dataset; none for data with negative values."""
        if self.lowest < 0 or not math.isfinite(self.smallest):
            return {}
        return {"threshold": self.smallest}

    def summary(self, unit: str) -> dict[str, Any]:
        """{"threshold": {"smallest", "largest", "decades", "unit"}, "cut": ...} as JSON values.

        "cut" has the number of values that were set to 0, and their shares of all values that
        were not 0 and of the sum of all. "note" says in words that nothing was cut of values that
        span many decades.
        """
        if not self.parameters():
            return {}
        threshold: dict[str, Any] = {
            "smallest": self.smallest,
            "largest": self.largest,
            "decades": round(math.log10(self.largest / self.smallest), 1),
            "unit": unit,
        }
        cut = {
            "values": self.cut,
            "share_of_values": self.cut / max(self.values, 1),
            "share_of_total": self.cut_total / self.total if self.total else 0.0,
        }
        if self.cut:
            return {"threshold": threshold, "cut": cut}
        wide = threshold["decades"] > MANY_DECADES
        words = f"values span {threshold['decades']} decades; --dry-run proposes a threshold"
        return {"threshold": threshold, **({"note": words} if wide else {})}
