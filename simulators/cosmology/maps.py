"""Maps of slabs of a box of particles: projected overdensity, and lensing convergence."""

import numpy as np
from numba import njit

from simulators.cosmology.background import HUBBLE_DISTANCE, comoving_distance
from simulators.cosmology.mesh import Single, cells

__all__ = ["convergence_factor", "on_sheet", "overdensity_maps"]


def on_sheet(positions: Single, particles: int) -> Single:
    """Eight particles for one: those given, and the midpoints of neighbours on their lattice.

    Matter is a sheet in phase space, and a map of the sheet is smoother than one of the particles
    that mark it: in voids the stretched lattice of particles would show as stripes (T. Abel,
    O. Hahn, R. Kaehler, Mon. Not. R. Astron. Soc. 427, 61, 2012). Midpoints are along edges, faces
    and diagonals of the lattice's cells, by trilinear interpolation of the displacements.

    Args:
        positions: shape (particles^3, 3), in the order of the lattice, in units of the box, from 0
            to 1.
        particles: along an edge of the lattice.

    Returns:
        shape (8 particles^3, 3), from 0 to 1; the mass of each is an eighth.
    """
    parts: list[Single] = [positions.reshape(particles, particles, particles, 3)]
    for axis in range(3):
        for part in list(parts):
            step = np.roll(part, -1, axis) - part
            step -= np.round(step)
            parts.append((part + np.float32(0.5) * step) % np.float32(1))
    return np.concatenate([part.reshape(-1, 3) for part in parts])


def overdensity_maps(positions: Single, pixels: int, slabs: int) -> Single:
    """Projected overdensity of slabs, seen along each of the three axes.

    Args:
        positions: shape (n, 3), in units of the box, from 0 to 1.
        pixels: along an edge of a map.
        slabs: of equal thickness along each axis.

    Returns:
        shape (3, slabs, pixels, pixels): mass in pixels by the cloud-in-cell scheme over its mean
        in the box, minus 1. Lines of sight along axis 0 see (1, 2) as (y, x), 1 sees (2, 0), and
        2 sees (0, 1).
    """
    maps = np.stack([_project(positions, axis, pixels, slabs) for axis in range(3)])
    return maps * np.float32(slabs * pixels**2 / len(positions)) - np.float32(1)


@njit(cache=True, nogil=True)
def _project(positions: Single, axis: int, pixels: int, slabs: int) -> Single:
    maps = np.zeros((slabs, pixels, pixels), np.float32)
    one, half, size = np.float32(1), np.float32(0.5), np.float32(pixels)
    row, column = (axis + 1) % 3, (axis + 2) % 3
    for i in range(len(positions)):
        slab = min(int(positions[i, axis] * np.float32(slabs)), slabs - 1)
        b, b1, v = cells(positions[i, row] * size - half, pixels)
        a, a1, u = cells(positions[i, column] * size - half, pixels)
        maps[slab, b, a] += (one - v) * (one - u)
        maps[slab, b, a1] += (one - v) * u
        maps[slab, b1, a] += v * (one - u)
        maps[slab, b1, a1] += v * u
    return maps


def convergence_factor(
    omega_m: float, redshift: float, source_redshift: float, thickness: float
) -> float:
    """Convergence per overdensity of a thin slab, for sources at one redshift (Born approximation).

    kappa = 3/2 Omega_m (H_0 / c)^2 (1 + z) chi (chi_s - chi) / chi_s thickness delta, with comoving
    distances chi (M. Bartelmann, P. Schneider, Phys. Rep. 340, 291, 2001).

    Args:
        omega_m: matter over the critical density.
        redshift: of the slab, below that of the sources.
        source_redshift: of the sources.
        thickness: of the slab, in Mpc/h.
    """
    lens, source = (comoving_distance(z, omega_m) for z in (redshift, source_redshift))
    lever = lens * (source - lens) / source
    return 1.5 * omega_m * (1 + redshift) * lever * thickness / HUBBLE_DISTANCE**2
