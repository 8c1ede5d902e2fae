"""Cells made to add up to given layer energies, with exact zeros and a threshold."""

import numpy as np

__all__ = ["match_layers"]


def match_layers(cells: np.ndarray, layers: np.ndarray, threshold: float) -> np.ndarray:
    """Scale what cells hold above the threshold until each layer has its energy.

    No cell is lit, and none is put out but where a layer's energy does not suffice for all
    that are lit: then the smallest go. The sum over the layers is kept; layers without lit
    cells leave their share to the others.

    Args:
        cells: shape (n, layers, cells of a layer), MeV, 0 or at least the threshold; changed.
        layers: shape (n, layers), MeV.
        threshold: smallest deposit of a cell, MeV.

    Returns:
        `cells`; where none was lit nothing is.
    """
    total = layers.sum(1)
    wanted = _given_to_lit(layers, cells.sum(2) > 0, total)
    _put_out(cells, wanted, threshold)
    wanted = _given_to_lit(wanted, cells.sum(2) > 0, total)
    lit = cells > 0
    floor = threshold * lit.sum(2)
    above = cells.sum(2) - floor
    plain = above <= 1e-6 * floor  # all of them at the threshold: scale them as they are
    have = np.where(plain, above + floor, above)
    want = np.where(plain, wanted, np.maximum(wanted - floor, 0))
    base = np.where(plain, 0.0, threshold)[..., None] * lit
    cells -= base
    cells *= (want / np.where(have > 0, have, 1))[..., None]
    cells += base
    return cells


def _given_to_lit(layers: np.ndarray, lit: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Layer energies with the same total, zero in layers without lit cells."""
    kept = layers * lit
    some = kept.sum(1)
    factor = np.divide(total, some, out=np.zeros_like(total), where=some > 0)
    return np.asarray(kept * factor[:, None])


def _put_out(cells: np.ndarray, wanted: np.ndarray, threshold: float) -> None:
    """Keep only as many cells of a layer, the largest, as its energy can light."""
    if threshold <= 0:
        cells[wanted <= 0] = 0
        return
    allowed = np.floor(wanted / threshold).astype(np.int64)
    short = allowed < np.count_nonzero(cells, axis=2)
    few = cells[short]
    order = np.argsort(-few, axis=1, kind="stable")
    beyond = np.arange(few.shape[1]) >= allowed[short][:, None]
    np.put_along_axis(few, order, np.where(beyond, 0, np.take_along_axis(few, order, 1)), 1)
    cells[short] = few
