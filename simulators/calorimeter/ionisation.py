"""Ionisation by electrons and positrons.

Transfers above a cut make delta rays, by Moller's cross section for electrons and Bhabha's for
positrons. Transfers below it are a mean restricted loss. Both together give the total collision
loss, whatever the cut.
"""

import math

import numpy as np
from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS, TWO_PI_MC2_R2
from simulators.calorimeter.materials import Material
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS


def collision_loss(
    energy: np.ndarray, cut: np.ndarray | float, material: Material, *, positron: bool
) -> np.ndarray:
    """Mean energy loss to transfers below `cut`.

    dE/dx = 2 pi r_e^2 m n_e / beta^2 [ln(2 (gamma + 1) / (I/m)^2) + F(tau, cut) - delta], with
    n_e electrons per volume, tau = T/m, and F for Moller or Bhabha kinematics.

    Berger-Seltzer form of the Bethe formula with the density correction (ICRU Report 37,
    eqs. 2.6-2.10 with a cut; Geant4 Physics Reference Manual, "Ionisation").

    Args:
        energy: kinetic energy T, shape (n,), MeV.
        cut: energy above which delta rays are tracked, MeV, a number or shape (n,). At the
            largest transfer, T/2 (electron) or T (positron), and above, the loss is unrestricted.
        material: gives n_e, I and the density correction delta.
        positron: Bhabha instead of Moller kinematics.

    Returns:
        dE/dx, shape (n,), MeV/mm, positive.

    Breaks when: below about 0.25 sqrt(Z) keV, where it is continued as sqrt(E).
    """
    floor = 0.25e-3 * math.sqrt(material.effective_z)
    kinetic = np.maximum(np.asarray(energy, float), floor)
    tau = kinetic / M
    gamma = tau + 1.0
    beta2 = tau * (tau + 2.0) / gamma**2
    limit = np.minimum(cut, kinetic if positron else kinetic / 2) / M
    excitation = material.mean_excitation / M
    log = np.log(2.0 * (tau + 2.0) / excitation**2)
    f = _bhabha_term(tau, gamma, beta2, limit) if positron else _moller_term(tau, gamma, limit)
    delta = material.density_correction(np.sqrt(tau * (tau + 2.0)))
    loss = TWO_PI_MC2_R2 * material.electron_density * (log + f - delta) / beta2
    loss = np.maximum(loss, 0.0)
    return np.where(energy < floor, loss * np.sqrt(np.maximum(energy, 0) / floor), loss)


def critical_energy(material: Material) -> float:
    """Rossi's critical energy E_c of electrons: (dE/dx)(E_c) X0 = E_c, all transfers counted.

    B. Rossi's definition, as in the PDG's tables of atomic and nuclear properties.

    Returns:
        E_c, MeV; 7.4 MeV in lead, 93 MeV in polystyrene.

    Breaks when: E_c is outside 1 to 500 MeV, the interval that is searched.
    """
    energies = np.geomspace(1.0, 500.0, 400)
    loss = collision_loss(energies, energies, material, positron=False)
    excess = energies - loss * material.radiation_length
    index = int(np.argmax(excess > 0))
    pair = slice(index - 1, index + 1)
    return float(np.interp(0.0, excess[pair], energies[pair]))


def moliere_radius(material: Material) -> float:
    """Moliere radius R_M = X0 x 21.2052 MeV / E_c, mm.

    A cylinder of this radius holds about 90 percent of a shower's energy (PDG, Passage of
    particles through matter).
    """
    return material.radiation_length * 21.2052 / critical_energy(material)


def _moller_term(tau: np.ndarray, gamma: np.ndarray, d: np.ndarray) -> np.ndarray:
    beta2 = tau * (tau + 2.0) / gamma**2
    return (
        -1.0
        - beta2
        + np.log((tau - d) * d)
        + tau / (tau - d)
        + (0.5 * d**2 + (2.0 * tau + 1.0) * np.log(1.0 - d / tau)) / gamma**2
    )


def _bhabha_term(
    tau: np.ndarray, gamma: np.ndarray, beta2: np.ndarray, d: np.ndarray
) -> np.ndarray:
    y = 1.0 / (1.0 + gamma)
    d2 = d * d / 2
    d3 = d * d * d / 3
    d4 = d * d * d * d / 4
    inner = tau + 2 * d - y * (3 * d2 + y * (d - d3 + y * (d2 - tau * d3 + d4)))
    return np.log(tau * d) - beta2 * inner / tau


def delta_ray_cross_section(energy: np.ndarray, cut: float, *, positron: bool) -> np.ndarray:
    """Cross section per electron for a transfer above `cut`, by Moller or Bhabha.

    With x = transfer / T, y = 1 / (gamma + 1) and b1 to b4 polynomials in y:
    Moller: dsigma/dx = 2 pi r_e^2 m / (beta^2 T) [(gamma - 1)^2 / gamma^2
    + 1/x (1/x - g) + 1/(1-x) (1/(1-x) - g)], g = (2 gamma - 1) / gamma^2, x up to 1/2.
    Bhabha: dsigma/dx = 2 pi r_e^2 m / T [1/(beta x)^2 - b1/x + b2 - b3 x + b4 x^2], x up to 1.

    Geant4 Physics Reference Manual, "Moller-Bhabha".

    Args:
        energy: kinetic energy T, shape (n,), MeV.
        cut: lowest transfer, MeV.
        positron: Bhabha instead of Moller.

    Returns:
        Shape (n,), mm^2; zero for T <= 2 cut (electron) or T <= cut (positron).

    Breaks when: the cut is near the electrons' binding energies; both formulas are for free
        electrons at rest.
    """
    kinetic = np.asarray(energy, float)
    tau = kinetic / M
    gamma = tau + 1.0
    gamma2 = gamma**2
    beta2 = tau * (tau + 2.0) / gamma2
    x = np.minimum(cut / kinetic, 1.0 if positron else 0.5)
    if positron:
        y = 1.0 / (1.0 + gamma)
        y2 = y * y
        y12 = 1.0 - 2.0 * y
        b1 = 2.0 - y2
        b2 = y12 * (3.0 + y2)
        b4 = y12**3
        b3 = b4 + y12**2
        total = (1 - x) * (1 / (beta2 * x) + b2 - b3 * (1 + x) / 2 + b4 * (1 + x + x * x) / 3)
        total = total + b1 * np.log(x)
        above = kinetic > cut
    else:
        g = (2.0 * gamma - 1.0) / gamma2
        xm = 0.5
        total = (xm - x) * (1.0 - g + 1.0 / (x * xm) + 1.0 / ((1 - x) * (1 - xm)))
        total = (total - g * np.log(xm * (1 - x) / (x * (1 - xm)))) / beta2
        above = kinetic > 2 * cut
    return np.where(above, TWO_PI_MC2_R2 / M * M * total / kinetic, 0.0)


@njit(cache=True, error_model="numpy")
def sample_delta_ray(state, energy, cut, positron):
    """Draw the kinetic energy of a delta ray, from `delta_ray_cross_section`'s spectrum.

    Rejection from 1/x^2 (Geant4 Physics Reference Manual, "Moller-Bhabha").

    Args:
        state: random stream.
        energy: kinetic energy of the primary, MeV.
        cut: lowest transfer, MeV.
        positron: Bhabha instead of Moller.

    Returns:
        Transfer, MeV, from `cut` to `energy` / 2 (electron) or `energy` (positron).

    Breaks when: `energy` is not above 2 `cut` (electron) or `cut` (positron): no transfer exists.
    """
    gamma = energy / M + 1.0
    gamma2 = gamma * gamma
    xmin = cut / energy
    xmax = 1.0 if positron else 0.5
    if positron:
        y = 1.0 / (1.0 + gamma)
        y2 = y * y
        y12 = 1.0 - 2.0 * y
        b1 = 2.0 - y2
        b2 = y12 * (3.0 + y2)
        b4 = y12 * y12 * y12
        b3 = b4 + y12 * y12
        beta2 = 1.0 - 1.0 / gamma2
        bound = 1.0 + (xmax**4 * b4 - xmin**3 * b3 + xmax**2 * b2 - xmin * b1) * beta2
        while True:
            u = uniform(state)
            x = xmin * xmax / (xmin * (1.0 - u) + xmax * u)
            z = 1.0 + (x**4 * b4 - x**3 * b3 + x**2 * b2 - x * b1) * beta2
            if bound * uniform(state) <= z:
                return x * energy
    g = (2.0 * gamma - 1.0) / gamma2
    y = 1.0 - xmax
    bound = 1.0 - g * xmax + xmax * xmax * (1.0 - g + (1.0 - g * y) / (y * y))
    while True:
        u = uniform(state)
        x = xmin * xmax / (xmin * (1.0 - u) + xmax * u)
        y = 1.0 - x
        z = 1.0 - g * x + x * x * (1.0 - g + (1.0 - g * y) / (y * y))
        if bound * uniform(state) <= z:
            return x * energy


@njit(cache=True, error_model="numpy")
def delta_ray_cosine(energy, transfer):
    """Cosine of the angle between a delta ray and the primary, from kinematics.

    cos theta = T' (T + 2 m) / (p p'), with T = `energy` and T' = `transfer` in MeV: an elastic
    collision with a free electron at rest.
    """
    momentum = math.sqrt(energy * (energy + 2.0 * M))
    ray = math.sqrt(transfer * (transfer + 2.0 * M))
    return min(1.0, transfer * (energy + 2.0 * M) / (ray * momentum))
