"""Arguments of the cascade that are measured on training samples."""

from typing import Any

import numpy as np

from physgan.domains.showers.split_density import LogBins
from physgan.errors import InputError

__all__ = ["cascade_settings", "threshold_of"]

_FEW, _SHARE, _APART = 10, 100, 2.0
_MARGIN, _ROUNDING = 0.1, 1e-6
_ABSOLUTE_ENERGY = {"components": 2, "spectra": 8, "functions": 3}


def cascade_settings(
    array: np.ndarray, threshold: float, scale: float | np.ndarray = 1.0, most: float = np.inf
) -> dict[str, Any]:
    """Arguments of `ShowerCascade` for training samples, JSON values.

    Args:
        array: shape (n, layers, rows, columns).
        threshold: smallest value that is not zero.
        scale: what totals are divided by, such as incident energies, shape (n,).
        most: largest total over its scale that is possible, which is not passed if no sample did.
    """
    totals = array.reshape(len(array), -1).sum(1, dtype=np.float64)
    ratio = np.log((totals / scale)[totals > 0])
    mean, deviation = float(ratio.mean()), max(float(ratio.std()), 1e-3)
    return {
        "shape": list(array.shape[1:]),
        "threshold": threshold,
        "ratio": [mean, deviation],
        "bounds": [(end - mean) / deviation for end in _bounds(ratio, float(np.log(most)))],
        "empty": bool((totals == 0).any()),
        "bins": _log_bins(array, threshold, float(totals.max())),
        **_ABSOLUTE_ENERGY,
    }


def threshold_of(array: np.ndarray) -> float:
    """The read-out threshold: the smallest deposit that is not zero.

    Without a threshold deposits thin out towards the smallest one, and others may be smaller: then
    a quarter of it.
    """
    positive = array[array > 0]
    if not positive.size:
        raise InputError("expected showers with energy; got zeros only")
    few = min(_FEW, len(positive) // _SHARE)
    smallest, other = np.partition(positive, [0, few])[[0, few]].tolist()
    return smallest if other < _APART * smallest else smallest / 4


def _bounds(ratio: np.ndarray, most: float) -> tuple[float, float]:
    """Range of the logarithm of the total over its scale, a tenth wider at either end than seen.

    The logarithm `most` is not passed if no sample did, but for rounding.
    """
    middle, low, high = (float(end) for end in (np.median(ratio), ratio.min(), ratio.max()))
    wider = high + _MARGIN * (high - middle)
    if high < most + _ROUNDING < wider:
        wider = max(most, high)
    return low + _MARGIN * (low - middle), wider


def _log_bins(array: np.ndarray, threshold: float, largest: float) -> list[int]:
    """Arguments of `LogBins`, up to the largest total.

    Beyond the range of the default the narrow bins are where most deposits are.
    """
    default = LogBins()
    top = np.log(largest / threshold)
    if top <= default.edges[-1]:
        return [default.below, default.narrow, default.above]
    wide = float(default.widths[-1])
    counts = np.histogram(np.log(array[array > 0] / threshold), np.arange(0, top + wide, wide))[0]
    window = round(default.window[1] / wide)
    inside = np.convolve(counts, np.ones(window), "valid")
    below = int(inside.argmax())
    return [below, default.narrow, int(np.ceil(top / wide)) - window - below + 1]
