"""Particles and periodic meshes: cloud-in-cell deposit and interpolation, and Poisson's equation.

Loops over particles are compiled by Numba: XLA's scatter-add takes six times as long on a CPU.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft

__all__ = ["PoissonSolver", "cells", "deposit", "interpolate", "wavenumbers"]

Single = NDArray[np.float32]

FILTER = 2.0
"""Wavenumber in radians per cell beyond which forces are filtered out."""


@njit(cache=True, nogil=True, inline="always")
def cells(x: np.float32, side: int) -> tuple[int, int, np.float32]:
    """The two cells that share a coordinate, and the share of the upper one."""
    floor = np.floor(x)
    lower = int(floor)
    if not 0 <= lower < side:
        lower %= side
    upper = lower + 1 if lower + 1 < side else 0
    return lower, upper, x - floor


@njit(cache=True, nogil=True)
def deposit(positions: Single, side: int) -> Single:
    """Mass of unit particles on a mesh, by the cloud-in-cell scheme.

    Args:
        positions: shape (n, 3), in cells, anywhere: the mesh is periodic.
        side: cells along an edge.

    Returns:
        shape (side, side, side); the sum is n.
    """
    mesh = np.zeros((side, side, side), np.float32)
    one = np.float32(1)
    for i in range(len(positions)):
        a, a1, u = cells(positions[i, 0], side)
        b, b1, v = cells(positions[i, 1], side)
        c, c1, w = cells(positions[i, 2], side)
        p, q, r = one - u, one - v, one - w
        mesh[a, b, c] += p * q * r
        mesh[a, b, c1] += p * q * w
        mesh[a, b1, c] += p * v * r
        mesh[a, b1, c1] += p * v * w
        mesh[a1, b, c] += u * q * r
        mesh[a1, b, c1] += u * q * w
        mesh[a1, b1, c] += u * v * r
        mesh[a1, b1, c1] += u * v * w
    return mesh


@njit(cache=True, nogil=True)
def interpolate(meshes: tuple[Single, Single, Single], positions: Single) -> Single:
    """Values of three meshes at particles, by the cloud-in-cell scheme.

    Args:
        meshes: shape (side, side, side) each.
        positions: shape (n, 3), in cells.

    Returns:
        shape (n, 3).
    """
    values = np.empty(positions.shape, np.float32)
    side = len(meshes[0])
    one = np.float32(1)
    for i in range(len(positions)):
        a, a1, u = cells(positions[i, 0], side)
        b, b1, v = cells(positions[i, 1], side)
        c, c1, w = cells(positions[i, 2], side)
        p, q, r = one - u, one - v, one - w
        for j in range(3):
            mesh = meshes[j]
            values[i, j] = (
                p * q * (r * mesh[a, b, c] + w * mesh[a, b, c1])
                + p * v * (r * mesh[a, b1, c] + w * mesh[a, b1, c1])
                + u * q * (r * mesh[a1, b, c] + w * mesh[a1, b, c1])
                + u * v * (r * mesh[a1, b1, c] + w * mesh[a1, b1, c1])
            )
    return values


@cache
def wavenumbers(side: int) -> tuple[Single, Single, Single]:
    """Wavenumbers of a real FFT in radians per cell, shapes that broadcast to its result.

    That of Nyquist is 0: a real field has no first derivative there.
    """
    k = (2 * np.pi * np.fft.fftfreq(side)).astype(np.float32)
    k[side // 2] = 0
    return k[:, None, None], k[None, :, None], k[None, None, : side // 2 + 1]


class PoissonSolver:
    """Accelerations -grad(phi) of particles, where laplacian(phi) is their overdensity.

    Derivatives are exact for each wave of the mesh. The potential is divided by the square of the
    cloud-in-cell window, once for the deposit and once for the interpolation, and multiplied by
    exp(-(k / k_f)^4) with k_f = 2 radians per cell. Without this filter, the division would raise
    the waves near Nyquist, which are aliases: forces between particles would be off by their own
    size. Waves below k_f / 2 keep 94 % of their force or more, and two particles attract each other
    by Newton's law beyond 4 cells. Deposit and interpolation use the same weights, and the force of
    a wave is odd: the forces on all particles add up to zero.

    Args:
        side: cells along an edge, even.
    """

    def __init__(self, side: int) -> None:
        self.side = side
        full = 2 * np.pi * np.fft.fftfreq(side)
        axes = np.meshgrid(full, full, full[: side // 2 + 1], indexing="ij", sparse=True)
        square = axes[0] ** 2 + axes[1] ** 2 + axes[2] ** 2
        square[0, 0, 0] = np.inf
        windows = [np.sinc(k / (2 * np.pi)) ** 4 for k in axes]
        filtered = np.exp(-((square / FILTER**2) ** 2)) / square
        self._potential = (filtered / (windows[0] * windows[1] * windows[2])).astype(np.float32)

    def __call__(self, positions: Single) -> Single:
        """Accelerations, shape (n, 3), at positions in cells, of the same shape."""
        density = deposit(positions, self.side)
        waves = fft.rfftn(density, overwrite_x=True)
        waves *= self._potential * np.float32(self.side**3 / len(positions))
        x, y, z = (
            fft.irfftn(waves * (1j * k).astype(np.complex64), overwrite_x=True)
            for k in wavenumbers(self.side)
        )
        return interpolate((x, y, z), positions)
