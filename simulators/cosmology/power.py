"""The linear power spectrum of matter today: Eisenstein & Hu's transfer function and sigma_8.

D. J. Eisenstein, W. Hu, Astrophys. J. 496, 605 (1998), sections 2 and 3: cold dark matter and
baryons, with acoustic oscillations. It agrees with Boltzmann codes to a few per cent.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["LinearPower", "transfer"]

Array = NDArray[np.float64]

CMB_KELVIN = 2.7255


@dataclass(frozen=True)
class LinearPower:
    """P(k) = A k^n_s T(k)^2 today, where A makes the variance in spheres of 8 Mpc/h sigma_8^2.

    Args:
        omega_m: matter over the critical density, within (omega_b, 1].
        sigma_8: root mean square of the linear overdensity in such spheres, above 0.
        omega_b: baryons over the critical density, above 0.
        h: Hubble constant in 100 km/s/Mpc, above 0.
        n_s: spectral index.

    Raises:
        ValueError: for a number outside its range.

    Good values: omega_m h^2 from 0.025 to 0.25, baryons up to half of the matter.
    """

    omega_m: float
    sigma_8: float
    omega_b: float = 0.049
    h: float = 0.6711
    n_s: float = 0.9624

    def __post_init__(self) -> None:
        for name, value in (("sigma_8", self.sigma_8), ("omega_b", self.omega_b), ("h", self.h)):
            if not 0 < value < np.inf:
                raise ValueError(f"expected {name} above 0; got {value}")
        if not 0 < self.omega_m <= 1:
            raise ValueError(f"expected omega_m within (0, 1]; got {self.omega_m}")
        if self.omega_b >= self.omega_m:
            raise ValueError(
                f"expected omega_b below omega_m {self.omega_m:g}; got {self.omega_b:g}"
            )
        if not np.isfinite(self.n_s):
            raise ValueError(f"expected a finite n_s; got {self.n_s}")

    def __call__(self, k: Array) -> Array:
        """Power in (Mpc/h)^3 at wavenumbers k > 0 in h/Mpc, any shape."""
        return self.amplitude * self._shape(k)

    @cached_property
    def amplitude(self) -> float:
        """A."""
        k = np.geomspace(1e-5, 1e2, 8192)
        x = 8 * k
        window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
        variance = np.trapezoid(self._shape(k) * window**2 * k**3, np.log(k)) / (2 * np.pi**2)
        return float(self.sigma_8**2 / variance)

    def _shape(self, k: Array) -> Array:
        matter, baryons = self.omega_m * self.h**2, self.omega_b * self.h**2
        return k**self.n_s * transfer(k * self.h, matter, baryons) ** 2


def transfer(k: Array, matter: float, baryons: float) -> Array:
    """The transfer function T(k), 1 at k = 0; equations by their numbers in the paper.

    Args:
        k: wavenumbers in 1/Mpc, above 0, any shape.
        matter: Omega_m h^2.
        baryons: Omega_b h^2.
    """
    theta = CMB_KELVIN / 2.7
    share = baryons / matter
    equality = 2.5e4 * matter * theta**-4  # 2
    k_equality = 0.0746 * matter * theta**-2  # 3
    b1 = 0.313 * matter**-0.419 * (1 + 0.607 * matter**0.674)
    b2 = 0.238 * matter**0.223
    drag = 1291 * matter**0.251 / (1 + 0.659 * matter**0.828) * (1 + b1 * baryons**b2)  # 4
    loading, loading_equality = (31.5e3 * baryons * theta**-4 / z for z in (drag, equality))  # 5
    root = np.sqrt(1 + loading) + np.sqrt(loading + loading_equality)
    horizon = (
        2 / (3 * k_equality) * np.sqrt(6 / loading_equality)
        * np.log(root / (1 + np.sqrt(loading_equality)))
    )  # fmt: skip  # 6
    silk = 1.6 * baryons**0.52 * matter**0.73 * (1 + (10.4 * matter) ** -0.95)  # 7
    q = k / (13.41 * k_equality)  # 10
    phase = k * horizon

    a1 = (46.9 * matter) ** 0.670 * (1 + (32.1 * matter) ** -0.532)
    a2 = (12.0 * matter) ** 0.424 * (1 + (45.0 * matter) ** -0.582)
    alpha_c = a1**-share * a2 ** -(share**3)  # 11
    c1 = 0.944 / (1 + (458 * matter) ** -0.708)
    c2 = (0.395 * matter) ** -0.0266
    beta_c = 1 / (1 + c1 * ((1 - share) ** c2 - 1))  # 12
    smooth = 1 / (1 + (phase / 5.4) ** 4)  # 18
    cold = smooth * _pressureless(q, 1, beta_c) + (1 - smooth) * _pressureless(q, alpha_c, beta_c)

    y = (1 + equality) / (1 + drag)
    one = np.sqrt(1 + y)
    suppression = y * (-6 * one + (2 + 3 * y) * np.log((one + 1) / (one - 1)))  # 15
    alpha_b = 2.07 * k_equality * horizon * (1 + loading) ** -0.75 * suppression  # 14
    beta_b = 0.5 + share + (3 - 2 * share) * np.sqrt((17.2 * matter) ** 2 + 1)  # 24
    node = 8.41 * matter**0.435  # 23
    shifted = phase / np.cbrt(1 + (node / phase) ** 3)  # 22
    baryonic = (
        _pressureless(q, 1, 1) / (1 + (phase / 5.2) ** 2)
        + alpha_b / (1 + (beta_b / phase) ** 3) * np.exp(-((k / silk) ** 1.4))
    ) * np.sinc(shifted / np.pi)  # 21
    return share * baryonic + (1 - share) * cold  # 16


def _pressureless(q: Array, alpha: float, beta: float) -> Array:
    logarithm = np.log(np.e + 1.8 * beta * q)
    return logarithm / (logarithm + (14.2 / alpha + 386 / (1 + 69.9 * q**1.08)) * q**2)  # 19, 20
