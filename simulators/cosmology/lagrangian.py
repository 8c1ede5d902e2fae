"""Initial conditions: a Gaussian field and Lagrangian displacements to second order."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from simulators.cosmology.mesh import Single, wavenumbers

__all__ = ["displacements", "linear_field"]


def linear_field(
    rng: np.random.Generator,
    power: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    particles: int,
    side: float,
) -> NDArray[np.complex64]:
    """Waves of a Gaussian overdensity of the given power, of zero mean.

    Args:
        rng: draws `particles`^3 normal numbers.
        power: P(k) in (Mpc/h)^3 for k in h/Mpc.
        particles: cells along an edge of the box.
        side: of the box, in Mpc/h.

    Returns:
        Real FFT of the field, shape (particles, particles, particles // 2 + 1).
    """
    noise = rng.standard_normal((particles,) * 3, dtype=np.float32)
    index = np.fft.fftfreq(particles, 1 / particles) ** 2
    square = index[:, None, None] + index[:, None] + index[: particles // 2 + 1]
    values, where = np.unique(square, return_inverse=True)
    amplitude = np.zeros(len(values))
    amplitude[1:] = np.sqrt(power(2 * np.pi / side * np.sqrt(values[1:])) * (particles / side) ** 3)
    return fft.rfftn(noise) * amplitude.astype(np.float32)[where].reshape(square.shape)


def displacements(waves: NDArray[np.complex64]) -> tuple[Single, Single]:
    """Displacement fields psi_1 and psi_2 of x = q + D_1 psi_1 + D_2 psi_2.

        psi_1 = -grad(phi_1),  laplacian(phi_1) = delta
        psi_2 = grad(phi_2),   laplacian(phi_2) = sum_(i<j) phi_1,ii phi_1,jj - phi_1,ij^2

    Args:
        waves: of the linear overdensity delta at D_1 = 1.

    Returns:
        Two arrays of shape (n^3, 3), in cells of the field.
    """
    k = wavenumbers(len(waves))
    square = k[0] ** 2 + k[1] ** 2 + k[2] ** 2
    square[square == 0] = np.inf
    potential = -waves / square
    second = np.zeros((len(waves),) * 3, np.float32)
    diagonal = [fft.irfftn(-(each**2) * potential) for each in k]
    for i, j in combinations(range(3), 2):
        second += diagonal[i] * diagonal[j] - fft.irfftn(-k[i] * k[j] * potential) ** 2
    return _gradient(-potential), _gradient(-fft.rfftn(second) / square)


def _gradient(waves: NDArray[np.complex64]) -> Single:
    parts = [fft.irfftn(1j * k * waves) for k in wavenumbers(len(waves))]
    return np.stack(parts, -1).reshape(-1, 3).astype(np.float32)
