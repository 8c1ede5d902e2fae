"""N-body evolution with the growth factor as time, right on large scales in few steps."""

import numpy as np
from numpy.typing import NDArray

from simulators.cosmology.background import Growth
from simulators.cosmology.lagrangian import displacements
from simulators.cosmology.mesh import PoissonSolver, Single

__all__ = ["evolve"]

OFFSET = np.float32(0.5)
"""Of the lattice from the nodes of the force mesh, in cells: its density is then constant there."""


def evolve(waves: NDArray[np.complex64], growth: Growth, solver: PoissonSolver) -> Single:
    """Positions of particles that start on a lattice, displaced to second order.

    With D_1 as time, v = dx/dD_1 and accelerations A = -grad(phi) of unit overdensity, a step from
    D to D + d is a drift by d/2, a kick v -> alpha v + (1 - alpha) A / (D + d/2), and a drift by
    d/2 (C. Rampf, F. List, O. Hahn, JCAP 02 (2025) 020, arXiv:2409.19049). Whatever alpha is,
    Zel'dovich's straight lines are kept exactly, as by FastPM (Y. Feng et al., Mon. Not. R. Astron.
    Soc. 463, 2273, 2016, arXiv:1603.00476); the alpha of `_kept` keeps second-order trajectories
    too. A kick changes the volume of phase space by a constant factor, otherwise the map is
    symplectic. The forces add up to zero, and so does the momentum.

    Args:
        waves: of the linear overdensity today, one particle for each of its n^3 cells.
        growth: at the start, after every step, and at the end.
        solver: of Poisson's equation, on a mesh as fine as the lattice or finer.

    Returns:
        shape (n^3, 3), in units of the box, from 0 to 1; a particle that has not moved is in
        the middle of its cell.
    """
    particles = len(waves)
    cell = np.float32(solver.side / particles)
    psi_1, psi_2 = (cell * psi for psi in displacements(waves))
    lattice = cell * np.indices((particles,) * 3, dtype=np.float32).reshape(3, -1).T + OFFSET
    first, second, slope = (
        np.asarray(each, np.float32) for each in (growth.first, growth.second, growth.second_slope)
    )
    positions = lattice + first[0] * psi_1 + second[0] * psi_2
    velocities = psi_1 + slope[0] * psi_2
    middle = (growth.first[1:] + growth.first[:-1]) / 2
    for half, at, kept in zip(np.diff(growth.first) / 2, middle, _kept(growth), strict=True):
        positions += np.float32(half) * velocities
        velocities *= np.float32(kept)
        velocities += np.float32((1 - kept) / at) * solver(positions)
        positions += np.float32(half) * velocities
    return ((positions + (cell / 2 - OFFSET)) / np.float32(solver.side)) % np.float32(1)


def _kept(growth: Growth) -> NDArray[np.float64]:
    """The factor alpha of each step, shape (steps,).

    In the middle of a step, the second-order part of A is D_2 - D_1^2 times psi_2, where D_2 has
    drifted along its slope. Alpha is such that the kick turns the slope at the beginning of the
    step into that at its end.
    """
    half = np.diff(growth.first) / 2
    middle = growth.first[:-1] + half
    drifted = growth.second[:-1] + half * growth.second_slope[:-1]
    pull = drifted / middle - middle
    return (growth.second_slope[1:] - pull) / (growth.second_slope[:-1] - pull)
