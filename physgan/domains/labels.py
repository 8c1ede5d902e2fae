"""Conditions as inputs of classifiers."""

import numpy as np

__all__ = ["label_column"]


def label_column(values: object, count: int, *, logarithmic: bool) -> np.ndarray:
    """A condition, a number or one for each sample, or its decimal logarithm: shape (count, 1)."""
    column = np.broadcast_to(np.asarray(values, np.float64), count)[:, None]
    return np.log10(column) if logarithmic else column
