"""Measurements of the clipped Gaussian on a training set of spin lattices."""

from typing import NamedTuple

import numpy as np
import scipy.fft

from physgan.errors import InputError

__all__ = ["Nodes", "check_training_set", "measure"]

_QUANTILES = 257
_MOST_NODES = 64
_SAMPLES_A_NODE = 400
_CHUNK_SITES = 1 << 21
_BANDWIDTH = 0.15
"""Bandwidth in relative temperature, times L: near T_c the scale of changes is T_c / L (nu = 1)."""


class Nodes(NamedTuple):
    """Measurements at t temperatures.

    Attributes:
        temperatures: increasing, shape (t,), J/k_B.
        quantiles: of |m|, equally spaced levels from 0 to 1, shape (t, q).
        structure: S(k) of +-1 spins, half plane of a real transform, shape (t, L, L//2 + 1).
    """

    temperatures: np.ndarray
    quantiles: np.ndarray
    structure: np.ndarray


def measure(spins: np.ndarray, temperatures: np.ndarray) -> Nodes:
    """Measure P(|m|) and S(k), at each temperature if they are few, else in windows.

    Args:
        spins: shape (n, L, L), +1 and -1.
        temperatures: shape (n,), J/k_B.

    Returns:
        Measurements, with the mean temperature of each window.
    """
    groups = _groups(temperatures)
    nodes = np.array([temperatures[g].mean() for g in groups])
    smooth = _local_lines(nodes, np.array([len(g) for g in groups]), _BANDWIDTH / spins.shape[1])
    quantiles = smooth @ np.stack([_quantiles(spins[g]) for g in groups])
    structure = np.stack([_structure(spins[g]) for g in groups])
    floor = 1e-3 * structure.min(0)
    structure = np.maximum(np.einsum("st,tkl->skl", smooth, structure), floor)
    return Nodes(nodes, np.clip(np.sort(quantiles), 0, 1), structure)


def check_training_set(spins: np.ndarray, temperatures: np.ndarray) -> None:
    """Refuse anything but square lattices with one temperature per lattice.

    Raises:
        InputError: for other shapes or values.
    """
    if spins.ndim != 3 or spins.shape[1] != spins.shape[2] or 0 in spins.shape:
        raise InputError(f"expected spins of shape (n, L, L); got {spins.shape}")
    if temperatures.shape != (len(spins),):
        raise InputError(f"expected {len(spins)} temperatures; got shape {temperatures.shape}")
    if not np.all(np.isfinite(temperatures) & (temperatures > 0)):
        raise InputError("expected positive temperatures; got zero, a negative one or NaN")
    if not np.all((spins == 1) | (spins == -1)):
        raise InputError("expected spins of +1 and -1; got other values")


def _groups(temperatures: np.ndarray) -> list[np.ndarray]:
    """Indices of the samples of each node, in order of temperature."""
    order = np.argsort(temperatures, kind="stable")
    distinct = np.flatnonzero(np.diff(temperatures[order])) + 1
    if len(distinct) < _MOST_NODES:
        return np.split(order, distinct)
    return np.array_split(order, np.clip(len(order) // _SAMPLES_A_NODE, 2, _MOST_NODES))


def _local_lines(positions: np.ndarray, weights: np.ndarray, bandwidth: float) -> np.ndarray:
    """The linear map from values at the nodes to local straight-line fits there.

    Locally weighted regression (Cleveland, J. Am. Stat. Assoc. 74, 829, 1979) with a Gaussian
    kernel; a node without close neighbours keeps its own value.

    Args:
        positions: shape (t,), positive.
        weights: of the values, shape (t,).
        bandwidth: of the kernel, relative to each position.

    Returns:
        shape (t, t); each row sums to 1.
    """
    distance = (positions[None] - positions[:, None]) / (bandwidth * positions[:, None])
    kernel = weights * np.exp(-(distance**2) / 2)
    s0, s1, s2 = (np.sum(kernel * distance**power, 1, keepdims=True) for power in range(3))
    rows = kernel * (s2 - s1 * distance)
    isolated = s0 * s2 - s1**2 <= 1e-3 * s0**2
    rows = np.where(isolated, np.eye(len(positions)), rows)
    return rows / rows.sum(1, keepdims=True)


def _quantiles(spins: np.ndarray) -> np.ndarray:
    """Quantiles of |m|; each level of m is spread uniformly over its width (dequantisation)."""
    sites = spins[0].size
    levels = spins.sum((1, 2), dtype=np.int64)
    spread = np.random.default_rng(0).uniform(-1, 1, len(spins))
    return np.quantile(np.abs(levels + spread) / sites, np.linspace(0, 1, _QUANTILES))


def _structure(spins: np.ndarray) -> np.ndarray:
    """S(k) = <|sum_x s_x exp(ikx)|^2> / N, averaged over the square's symmetries."""
    size = spins.shape[1]
    step = max(1, _CHUNK_SITES // size**2)
    power = np.zeros((size, size))
    for start in range(0, len(spins), step):
        waves = scipy.fft.fft2(spins[start : start + step].astype(np.float32))
        power += (np.abs(waves) ** 2).sum(0)
    power = power + np.roll(power[::-1], 1, 0)
    power = power + np.roll(power[:, ::-1], 1, 1)
    power = (power + power.T) / (8 * len(spins) * size**2)
    return power[:, : size // 2 + 1]
