"""Particles and periodic meshes: cloud-in-cell deposit and interpolation, and Poisson's equation.

Loops over particles are compiled by Numba: XLA's scatter-add takes six times as long on a CPU.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft

__all__ = ["PoissonSolver", "deposit", "interpolate", "wavenumbers"]

Single = NDArray[np.float32]

FILTER = 2.0
"""Wavenumber in radians per cell beyond which forces are filtered out."""


@njit(cache=True, nogil=True, error_model="numpy")
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
        x, y, z = positions[i]
        fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
        u, v, w = x - fx, y - fy, z - fz
        a, b, c = int(fx) % side, int(fy) % side, int(fz) % side
        a1, b1, c1 = (a + 1) % side, (b + 1) % side, (c + 1) % side
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


@njit(cache=True, nogil=True, error_model="numpy")
def interpolate(mesh: Single, positions: Single, out: Single) -> None:
    """Values of a mesh at particles, by the cloud-in-cell scheme.

    Args:
        mesh: shape (side, side, side).
        positions: shape (n, 3), in cells.
        out: shape (n,), overwritten.
    """
    side = len(mesh)
    one = np.float32(1)
    for i in range(len(positions)):
        x, y, z = positions[i]
        fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
        u, v, w = x - fx, y - fy, z - fz
        a, b, c = int(fx) % side, int(fy) % side, int(fz) % side
        a1, b1, c1 = (a + 1) % side, (b + 1) % side, (c + 1) % side
        p, q, r = one - u, one - v, one - w
        out[i] = (
            p * (q * (r * mesh[a, b, c] + w * mesh[a, b, c1])
                 + v * (r * mesh[a, b1, c] + w * mesh[a, b1, c1]))
            + u * (q * (r * mesh[a1, b, c] + w * mesh[a1, b, c1])
                   + v * (r * mesh[a1, b1, c] + w * mesh[a1, b1, c1]))
        )  # fmt: skip


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
        forces = np.empty((3, len(positions)), np.float32)
        for k, force in zip(wavenumbers(self.side), forces, strict=True):
            mesh = fft.irfftn(waves * (1j * k).astype(np.complex64), overwrite_x=True)
            interpolate(mesh, positions, force)
        return np.ascontiguousarray(forces.T)
