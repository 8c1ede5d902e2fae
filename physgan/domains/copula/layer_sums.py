"""Scaling of cells to prescribed layer energies, with exact zeros and a threshold."""

import numpy as np

__all__ = ["match_layers"]


def match_layers(cells: np.ndarray, layers: np.ndarray, threshold: float) -> np.ndarray:
    """Scale the cells' energies above the threshold so that each layer has its energy.

    Empty cells stay empty. Occupied cells stay occupied unless the layer's energy is too small for
    all of them; then the smallest become empty. The total energy is conserved: the energy of
    layers without occupied cells goes to the other layers.

    Args:
        cells: shape (n, layers, cells of a layer), MeV, 0 or at least the threshold; modified.
        layers: shape (n, layers), MeV.
        threshold: smallest deposit of a cell, MeV.

    Returns:
        `cells`; showers without occupied cells stay empty.
    """
    total = layers.sum(1)
    target = _redistributed(layers, cells.sum(2) > 0, total)
    _empty_smallest(cells, target, threshold)
    target = _redistributed(target, cells.sum(2) > 0, total)
    occupied = cells > 0
    floor = threshold * occupied.sum(2)
    above = cells.sum(2) - floor
    at_threshold = above <= 1e-6 * floor  # no energy above the threshold: scale all of it
    have = np.where(at_threshold, above + floor, above)
    want = np.where(at_threshold, target, np.maximum(target - floor, 0))
    base = np.where(at_threshold, 0.0, threshold)[..., None] * occupied
    cells -= base
    cells *= (want / np.where(have > 0, have, 1))[..., None]
    cells += base
    return cells


def _redistributed(layers: np.ndarray, occupied: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Layer energies with the same total, zero in layers without occupied cells."""
    kept = layers * occupied
    some = kept.sum(1)
    factor = np.divide(total, some, out=np.zeros_like(total), where=some > 0)
    return np.asarray(kept * factor[:, None])


def _empty_smallest(cells: np.ndarray, target: np.ndarray, threshold: float) -> None:
    """Keep the largest cells of a layer, as many as its energy allows at the threshold each."""
    if threshold <= 0:
        cells[target <= 0] = 0
        return
    allowed = np.floor(target / threshold).astype(np.int64)
    short = allowed < np.count_nonzero(cells, axis=2)
    few = cells[short]
    order = np.argsort(-few, axis=1, kind="stable")
    beyond = np.arange(few.shape[1]) >= allowed[short][:, None]
    np.put_along_axis(few, order, np.where(beyond, 0, np.take_along_axis(few, order, 1)), 1)
    cells[short] = few
