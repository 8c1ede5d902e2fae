"""Bremsstrahlung of electrons and positrons in the fields of nuclei and atomic electrons.

Below 1 GeV the scaled cross sections of Seltzer and Berger; above, the Bethe-Heitler formula with
Tsai's screening, Coulomb correction and the LPM effect, joined to them at 1 GeV by a factor that
dies off as 1/E. The Ter-Mikaelian (dielectric) suppression acts everywhere.
"""

import math
from functools import cache, lru_cache
from importlib import resources

import numpy as np
from numba import njit
from scipy.interpolate import CubicSpline, PchipInterpolator

from simulators.calorimeter import elements, lpm
from simulators.calorimeter.constants import (
    CLASSICAL_RADIUS,
    ELECTRON_MASS,
    FINE_STRUCTURE,
    MIGDAL,
)
from simulators.calorimeter.materials import Material
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS
MILLIBARN = 1.0e-25  # mm^2
JOIN = 1000.0  # MeV
PREFACTOR = 16 * FINE_STRUCTURE * CLASSICAL_RADIUS**2 / 3 / MILLIBARN


@cache
def _seltzer_berger() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(Z, kappa, energy, values[Z, kappa, energy]) of the table."""
    source = resources.files("simulators.calorimeter") / "data" / "seltzer_berger.txt"
    lines = source.read_text().splitlines()
    header = next(line for line in lines if line.startswith("# energies_mev"))
    energies = np.array([float(word) for word in header.split()[2:]])
    rows = np.array([[float(w) for w in line.split()] for line in lines if line[0] != "#"])
    zs, kappas = np.unique(rows[:, 0]), np.unique(rows[:, 1])
    return zs, kappas, energies, rows[:, 2:].reshape(len(zs), len(kappas), len(energies))


_DENSE_ENERGY = np.linspace(math.log(1e-3), math.log(JOIN), 181)
_DENSE_TIP = np.linspace(0.0, 1.0, 161)  # (1 - kappa)^(1/3)


@lru_cache(maxsize=128)
def _dense_table(z: int) -> np.ndarray:
    """Ln of the cross section at the energies and tips above, by splines in ln Z and ln T."""
    zs, kappas, energies, values = _seltzer_berger()
    logs = CubicSpline(np.log(zs), np.log(values), axis=0)(math.log(z))
    logs = CubicSpline(np.log(energies), logs, axis=1)(_DENSE_ENERGY)
    return PchipInterpolator(kappas, logs, axis=0)(1 - _DENSE_TIP**3).T


def seltzer_berger(z: int, energy: float, kappa: np.ndarray) -> np.ndarray:
    """Scaled cross section (beta^2/Z^2) k dsigma/dk, nuclear and electron field together.

    Seltzer and Berger, At. Data Nucl. Data Tables 35, 345 (1986), interpolated.

    Args:
        z: atomic number.
        energy: kinetic energy, 1e-3 to 1e3 MeV.
        kappa: k/T, shape (n,), 0 to 1.

    Returns:
        Shape (n,), millibarn. It varies little with Z and T, which makes it good to interpolate.
    """
    place = (math.log(energy) - _DENSE_ENERGY[0]) / (_DENSE_ENERGY[1] - _DENSE_ENERGY[0])
    index = min(max(int(place), 0), len(_DENSE_ENERGY) - 2)
    share = min(max(place - index, 0.0), 1.0)
    table = _dense_table(z)
    row = (1 - share) * table[index] + share * table[index + 1]
    return np.exp(np.interp(np.cbrt(np.maximum(1 - kappa, 0.0)), _DENSE_TIP, row))


def bethe_heitler(z: int, energy: float, k: np.ndarray, material: Material) -> np.ndarray:
    """The same scaled cross section by the Bethe-Heitler formula, for energies above 1 GeV.

    Under complete screening, with y = k/E:
    k dsigma/dk = 16/3 alpha r_e^2 Z^2 {(1 - y + 3/4 y^2) [L - f + L'/Z] + (1-y) (1 + 1/Z) / 12}.
    With the LPM effect, 1 - y + 3/4 y^2 becomes xi [y^2/4 G + (1 - y + y^2/2) phi].

    Tsai, Rev. Mod. Phys. 46, 815 (1974); LPM as in `lpm.suppression`, where it is not hidden by
    the dielectric effect.

    Args:
        z: atomic number.
        energy: kinetic energy, MeV.
        k: photon energy, shape (n,), MeV, 0 < k < energy.
        material: gives the radiation length and the density of electrons.

    Returns:
        Shape (n,), millibarn.

    Breaks when: below some 50 MeV, where Tsai's Coulomb correction, made for high energy, fails.
    """
    total = energy + M
    y = k / total
    lpm_energy = lpm.lpm_energy(material.radiation_length)
    density = MIGDAL * material.electron_density
    if total > math.sqrt(density) * lpm_energy:
        s = np.sqrt(0.125 * lpm_energy * y / (np.maximum(1 - y, 1e-12) * total))
        xi, g, phi = lpm.suppression(s, z, 1 + density * (total / k) ** 2)
        factor = elements.elastic_logarithm(z) - elements.coulomb_correction(z)
        factor += elements.inelastic_logarithm(z) / z
        value = xi * (0.25 * y**2 * g + (1 - y + 0.5 * y**2) * phi) * factor
        return PREFACTOR * np.maximum(value + (1 - y) * (1 + 1 / z) / 12, 0.0)
    return PREFACTOR * np.maximum(_screened(z, y, total), 0.0)


def _screened(z: int, y: np.ndarray, total: float) -> np.ndarray:
    shape = 1 - y + 0.75 * y**2
    coulomb = elements.coulomb_correction(z)
    if z < 5:
        factor = elements.elastic_logarithm(z) - coulomb + elements.inelastic_logarithm(z) / z
        return shape * factor + (1 - y) * (1 + 1 / z) / 12
    delta = 100 * M * y / np.maximum(total * (1 - y), 1e-9)
    gamma = delta / z ** (1 / 3)
    eps = delta / z ** (2 / 3)
    phi1 = 16.863 - 2 * np.log(1 + 0.311877 * gamma**2)
    phi1 += 2.4 * np.exp(-0.9 * gamma) + 1.6 * np.exp(-1.5 * gamma)
    phi12 = 2 / (3 + 19.5 * gamma + 18 * gamma**2)
    psi1 = 24.34 - 2 * np.log(1 + 13.111641 * eps**2)
    psi1 += 2.8 * np.exp(-8 * eps) + 1.2 * np.exp(-29.2 * eps)
    psi12 = 2 / (3 + 120 * eps + 1200 * eps**2)
    log = math.log(z)
    main = (0.25 * phi1 - log / 3 - coulomb) + (0.25 * psi1 - 2 * log / 3) / z
    return shape * main + 0.125 * (1 - y) * (phi12 + psi12 / z)


def scaled(z: int, energy: float, k: np.ndarray, material: Material) -> np.ndarray:
    """(beta^2/Z^2) k dsigma/dk in millibarn at any energy, dielectric effect left out.

    Above 1 GeV: Bethe-Heitler x [1 + (r - 1) 1 GeV / T], where r(k/T) is Seltzer-Berger over
    Bethe-Heitler at 1 GeV, kept between 0.5 and 1.5. Arguments as in `bethe_heitler`.
    """
    if energy <= JOIN:
        return seltzer_berger(z, energy, k / energy)
    kappa = k / energy
    ratio = seltzer_berger(z, JOIN, kappa) / np.maximum(
        bethe_heitler(z, JOIN * 1.000001, kappa * JOIN, material), 1e-3
    )
    ratio = np.clip(ratio, 0.5, 1.5)
    return bethe_heitler(z, energy, k, material) * (1 + (ratio - 1) * JOIN / energy)


def dielectric_scale(material: Material, energy: float) -> float:
    """Photon energy k_p in MeV below which the medium suppresses emission.

    k_p = gamma hbar omega_p = E sqrt(4 pi r_e lambda_C^2 n_e), with the reduced Compton
    wavelength lambda_C; the suppression is 1 / (1 + (k_p/k)^2) (Ter-Mikaelian).
    """
    return math.sqrt(MIGDAL * material.electron_density) * (energy + M)


def macroscopic(material: Material, energy: float, k: np.ndarray) -> np.ndarray:
    """K dSigma/dk of a material, the sum over its atoms, without the dielectric factor.

    Args:
        material: the medium.
        energy: kinetic energy, MeV.
        k: photon energy, shape (n,), MeV.

    Returns:
        Shape (n,), 1/mm.
    """
    beta2 = energy * (energy + 2 * M) / (energy + M) ** 2
    total = np.zeros_like(k)
    for z, atoms in material.atoms:
        total += atoms * z * z * scaled(z, energy, k, material)
    return total * MILLIBARN / beta2


def positron_z(material: Material) -> float:
    """Mean Z, weighted by radiation, in the positron's suppression."""
    weights = [(z, n * z * z) for z, n in material.atoms]
    return sum(z * w for z, w in weights) / sum(w for _, w in weights)


def positron_factor(z: float, energy: float, cut: float, k: np.ndarray) -> np.ndarray:
    """Ratio of a positron's cross section to an electron's, at most one.

    The Elwert-like factor exp(2 pi alpha Z (1/beta_cut - 1/beta_k)) of the Geant4 Physics
    Reference Manual, "Bremsstrahlung", positron correction.
    """
    first = max(energy - cut, 1e-9)
    last = np.maximum(energy - k, 1e-9)
    inverse = (first + M) / math.sqrt(first * (first + 2 * M))
    inverses = (last + M) / np.sqrt(last * (last + 2 * M))
    exponent = 2 * math.pi * FINE_STRUCTURE * z * (inverse - inverses)
    return np.exp(np.clip(exponent, -50.0, 0.0))


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)


def _panels(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights on all intervals between `edges`."""
    half = 0.5 * np.diff(edges)[:, None]
    centre = 0.5 * (edges[:-1] + edges[1:])[:, None]
    return (centre + half * _NODES).ravel(), (half * _WEIGHTS).ravel()


def radiative_loss(material: Material, energy: float, cut: float, *, positron: bool) -> float:
    """Mean energy loss to photons softer than `cut`, the restricted radiative loss.

    Integral from 0 to min(cut, T) of k dSigma/dk / (1 + (k_p/k)^2) dk.

    Args:
        material: the medium.
        energy: kinetic energy T, MeV.
        cut: energy above which photons are tracked, MeV.
        positron: with the positron's suppression.

    Returns:
        dE/dx, MeV/mm. With `cut` = T it tends to E/X0 at high energy, until the LPM effect
        reduces it.
    """
    edges = np.concatenate([[1e-9], np.geomspace(1e-4, 1.0, 9)]) * min(cut, energy)
    k, weights = _panels(edges)
    value = macroscopic(material, energy, k) / (1 + (dielectric_scale(material, energy) / k) ** 2)
    if positron:
        value = value * positron_factor(positron_z(material), energy, 0.0, k)
    return float(weights @ value)


def cross_section(material: Material, energy: float, cut: float, *, positron: bool) -> float:
    """Macroscopic cross section for photons harder than `cut`.

    Integral from cut to T of dSigma/dk / (1 + (k_p/k)^2) dk; arguments as in `radiative_loss`.

    Returns:
        Emissions per path, 1/mm; zero for T <= cut.
    """
    if energy <= cut:
        return 0.0
    middle = max(0.5 * energy, cut)
    soft = np.linspace(math.log(cut), math.log(middle), 2 + int(math.log(middle / cut)))
    tip = np.linspace((1 - middle / energy) ** (1 / 3), 0.0, 7)[1:]
    hard = np.log(energy * (1 - tip**3))
    u, weights = _panels(np.concatenate([soft if middle > cut else soft[:1], hard]))
    k = np.exp(u)
    value = macroscopic(material, energy, k) / (1 + (dielectric_scale(material, energy) / k) ** 2)
    if positron:
        value = value * positron_factor(positron_z(material), energy, cut, k)
    return float(weights @ value)


SOFT = 32  # nodes uniform in ln k from the cut to T/2
HARD = 24  # nodes uniform in (1 - k/T)^(1/3) from T/2 to T


def spectrum_row(material: Material, energy: float, cut: float) -> np.ndarray:
    """Table row for `sample_photon`: k dSigma/dk over its maximum, then the maximum's place.

    Shape (SOFT + HARD,); zero where T <= cut.
    """
    row = np.zeros(SOFT + HARD)
    if energy <= cut * 1.0001:
        return row
    middle = max(0.5 * energy, cut)
    soft = np.exp(np.linspace(math.log(cut), math.log(middle), SOFT))
    hard = energy * (1 - np.linspace(0.5 ** (1 / 3), 0.0, HARD) ** 3)
    row = macroscopic(material, energy, np.minimum(np.concatenate([soft, hard]), energy))
    return row / row.max()


@njit(cache=True, error_model="numpy")
def _row_value(row, energy, cut, k):
    if 2.0 * k < energy:
        position = math.log(k / cut) / math.log(0.5 * energy / cut) * (SOFT - 1)
        index = min(max(int(position), 0), SOFT - 2)
    else:
        q = max(1.0 - k / energy, 0.0) ** (1.0 / 3.0)
        position = (1.0 - q * 1.2599210498948732) * (HARD - 1)
        index = min(max(int(position), 0), HARD - 2)
        position += SOFT
        index += SOFT
    fraction = position - index
    return row[index] + fraction * (row[index + 1] - row[index])


@njit(cache=True, error_model="numpy")
def sample_photon(state, rows, fraction, energy, cut, migdal, positron, z):
    """Draw the energy of a bremsstrahlung photon above `cut`.

    Samples ln(k^2 + k_p^2) uniformly, which is dk/k with the dielectric effect, and rejects by
    the tabulated spectrum.

    Args:
        state: random stream.
        rows: shape (2, SOFT + HARD), the spectra at the grid energies around `energy`.
        fraction: of the way from the first grid energy to the second.
        energy: kinetic energy, MeV.
        cut: lowest photon energy, MeV.
        migdal: (k_p/E)^2.
        positron: with the positron's suppression.
        z: atomic number in that suppression.

    Returns:
        k, MeV, from `cut` to `energy`.

    Breaks when: `energy` is not above `cut`: no photon exists.
    """
    total = energy + M
    kp2 = migdal * total * total
    start = math.log(cut * cut + kp2)
    width = math.log(energy * energy + kp2) - start
    b1 = 0.0
    if positron:
        e1 = energy - cut
        b1 = (e1 + M) / math.sqrt(e1 * (e1 + 2.0 * M))
    while True:
        k = math.sqrt(max(math.exp(start + width * uniform(state)) - kp2, cut * cut))
        if k >= energy:
            continue
        value = _row_value(rows[1], energy, cut, k)
        if fraction < 1.0:
            value = fraction * value + (1.0 - fraction) * _row_value(rows[0], energy, cut, k)
        if positron:
            e2 = energy - k
            b2 = (e2 + M) / math.sqrt(e2 * (e2 + 2.0 * M))
            value *= math.exp(2.0 * math.pi * FINE_STRUCTURE * z * (b1 - b2))
        if uniform(state) < value:
            return k


@njit(cache=True, error_model="numpy")
def sample_tsai_cosine(state, energy):
    """Draw the cosine of an emission angle for an electron of kinetic energy `energy`, MeV.

    f(u) ~ u [exp(-a u) + 27 exp(-3 a u)], u = E theta / m, a = 0.625: a two-exponential fit to
    Tsai's distribution (Geant4 Physics Reference Manual, "Bremsstrahlung", angular
    distribution). Typical angles are m/E. Pair production uses it for both partners.

    Breaks when: the photon's energy matters: the angle does not depend on it.
    """
    bound = 2.0 * (1.0 + energy / M)
    while True:
        u = -math.log(uniform(state) * uniform(state))
        u *= 1.6 if uniform(state) < 0.25 else 1.6 / 3.0
        if u < bound:
            return 1.0 - 2.0 * u * u / (bound * bound)
