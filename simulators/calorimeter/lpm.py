"""Landau-Pomeranchuk-Migdal suppression functions.

Multiple scattering within the formation length reduces bremsstrahlung of soft photons, and pair
production at very high energy. The Bethe-Heitler terms y^2/4 and 1 - y + y^2/2 are multiplied by
xi(s) G(s) and xi(s) phi(s), which tend to 1 at large s (no effect) and to 0 at small s.

A. B. Migdal, Phys. Rev. 103, 1811 (1956); fits of T. Stanev et al., Phys. Rev. D 25, 1291 (1982).
"""

import math

import numpy as np

from simulators.calorimeter.constants import LPM

__all__ = ["lpm_energy", "suppression"]


def lpm_energy(radiation_length: float) -> float:
    """Energy scale of the effect, E_LPM = alpha m^2 X0 / (4 pi hbar c).

    Args:
        radiation_length: X0, mm.

    Returns:
        E_LPM, MeV: 4.3 TeV in lead.
    """
    return LPM * radiation_length


def phi_function(s: np.ndarray) -> np.ndarray:
    """Migdal's phi(s), 6 s at small s and 1 at large."""
    c = np.minimum(s, 1.55)
    low = 1 - np.exp(-6 * c * (1 + (3 - math.pi) * c) + c**3 / (0.623 + 0.796 * c + 0.658 * c**2))
    return np.where(s < 1.55, low, 1 - 0.0119048 / np.maximum(s, 1.0) ** 4)


def g_function(s: np.ndarray) -> np.ndarray:
    """Migdal's G(s), 12 pi s^2 at small s and 1 at large."""
    psi = 1 - np.exp(-4 * s - 8 * s**2 / (1 + 3.936 * s + 4.97 * s**2 - 0.05 * s**3 + 7.5 * s**4))
    low = 3 * psi - 2 * phi_function(s)
    c = np.clip(s, 0.0, 1.915)
    middle = np.tanh(-0.160723 + 3.755030 * c - 1.798138 * c**2 + 0.672827 * c**3 - 0.120772 * c**4)
    high = 1 - 0.0230655 / np.maximum(s, 1.0) ** 4
    return np.where(s < 0.415827, low, np.where(s < 1.915, middle, high))


def suppression(
    s_prime: np.ndarray, z: int, dielectric: np.ndarray | float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """xi, G and phi at s' = sqrt(E_LPM k / 8 E |E - k|), Stanev's form without iteration.

    s = s' / sqrt(xi(s')), times `dielectric`; xi = 2 for s < s1 = Z^(2/3) / 184.15^2,
    1 + ln s / ln s1 up to s = 1, and 1 above.

    Args:
        s_prime: s', shape (n,), without unit.
        z: atomic number.
        dielectric: 1 + (k_p/k)^2 of the Ter-Mikaelian effect, a number or shape (n,); 1 leaves
            it out.

    Returns:
        Three arrays of shape (n,); xi phi never exceeds one.
    """
    s1 = z ** (2.0 / 3.0) / 184.15**2
    log = math.log(math.sqrt(2.0) * s1)
    h = np.log(np.clip(s_prime, 1e-30, None)) / log
    middle = 1 + h - 0.08 * (1 - h) * h * (2 - h) / log
    xi_prime = np.where(s_prime > 1, 1.0, np.where(s_prime > math.sqrt(2.0) * s1, middle, 2.0))
    s = s_prime / np.sqrt(xi_prime) * dielectric
    ratio = 1 + np.log(np.clip(s, 1e-30, None)) / math.log(s1)
    xi = np.where(s > 1, 1.0, np.where(s > s1, ratio, 2.0))
    g, phi = g_function(s), phi_function(s)
    xi = np.where((xi * phi > 1) | (s > 0.57), 1 / phi, xi)
    return xi, g, phi
