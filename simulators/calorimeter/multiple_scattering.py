"""Multiple scattering by Urban's model: step limit, angle and displacement.

After a true path t the mean cosine is exp(-tau) and the mean squared cosine is
(1 + 2 exp(-2.5 tau)) / 3, where tau is the integral of dt / lambda_1 (Lewis). The angle has a
Gaussian-like centre whose width follows Highland's formula, a power-law tail, and an isotropic
part that fixes the mean. Conversions between true path and advance are in `charged`.

H. W. Lewis, Phys. Rev. 78, 526 (1950); L. Urban, CERN-OPEN-2006-077 and the Geant4 Physics
Reference Manual, "Multiple Scattering", with the parameters of Geant4 11.
"""

import math

import numpy as np
from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS
from simulators.calorimeter.materials import Material
from simulators.calorimeter.rng import gauss, uniform

M = ELECTRON_MASS
RANGE_FACTOR = 0.04
SAFETY_FACTOR = 0.6
SMALLEST = 1.0e-8  # mm
TAU_SMALL = 1.0e-16

# Columns of a material's parameters.
INSIDE, STEP1, STEP2, MINIMUM_E, MINIMUM_P, THETA1, THETA2 = 0, 1, 2, 3, 4, 5, 6
TAIL0, TAIL1, TAIL2, TAIL3, X0, ZEFF = 7, 8, 9, 10, 11, 12
PARAMETERS = 13


def urban_parameters(material: Material) -> np.ndarray:
    """Urban's functions of the effective Z, then X0 (mm) and Z, shape (PARAMETERS,)."""
    z = material.effective_z
    w = math.exp(math.log(z) / 6)
    t = w * w
    theta = 0.990395 + w * (-0.168386 + w * 0.093286)
    return np.array(
        [
            0.9628 - 0.084848 * math.sqrt(z) + 0.0043769 * z,
            27.725 / (1 + 0.203 * z),
            6.152 / (1 + 0.111 * z),
            0.87 * t * t,
            0.70 * math.sqrt(z),
            theta * (1 - 0.08778 / z),
            theta * (0.04078 + 1.7315e-4 * z),
            2.3785 - t * (0.41981 - t * 0.063100),
            0.47526 + t * (1.7694 - t * 0.33885),
            0.23683 - t * (1.8111 - t * 0.32774),
            0.017888 + t * (0.019659 - t * 0.0026664),
            material.radiation_length,
            z,
        ]
    )


@njit(cache=True, error_model="numpy")
def minimal_step(parameters, energy, mean_free_path, positron):
    """Shortest step that scattering may ask for, mm: about an elastic mean free path.

    Args:
        parameters: `urban_parameters` of the material.
        energy: kinetic energy, MeV.
        mean_free_path: transport mean free path lambda_1, mm.
        positron: with the positron's coefficient.
    """
    step = mean_free_path * 1e-3
    step /= 2e-3 + energy * (parameters[STEP1] + energy * parameters[STEP2])
    step *= parameters[MINIMUM_P] if positron else parameters[MINIMUM_E]
    if energy < 5e-3:
        step *= 0.5 * (1.0 + energy * 200.0)
    return max(step, SMALLEST)


@njit(cache=True, error_model="numpy")
def step_limit(state, initial_range, factor, minimum, length_range, safety):
    """True path that scattering allows, mm (Geant4's "UseSafety" algorithm).

    max(factor x initial range, 0.6 x safety, minimum), smeared by a tenth so that steps do not
    all end at one depth; the range instead of these, where it is below the safety.

    Args:
        state: random stream.
        initial_range: range, or lambda_1 if longer, where the track entered the volume, mm.
        factor: share of it that a step may take; 0.04, more where lambda_1 exceeds 1 mm.
        minimum: of `minimal_step`, mm.
        length_range: range at the present energy, mm.
        safety: distance to the nearest surface, mm.
    """
    if length_range > safety:
        limit = max(max(initial_range * factor, SAFETY_FACTOR * safety), minimum)
    else:
        limit = max(length_range, minimum)
    if limit <= minimum:
        return minimum
    return max(gauss(state, limit, 0.1 * (limit - minimum)), minimum)


@njit(cache=True, error_model="numpy")
def _theta0(parameters, steps, energy, energy_end, positron):
    """Width of the central part in rad: Highland's formula with Urban's coefficients.

    theta_0 = 13.6 MeV / (beta c p) sqrt(y) (c1 + c2 ln y), y = t/X0 = `steps`; beta c p is the
    geometric mean over the step.
    """
    inverse = (energy_end + M) / (energy_end * (energy_end + 2.0 * M))
    if energy_end != energy:
        inverse = math.sqrt(inverse * (energy + M) / (energy * (energy + 2.0 * M)))
    y = steps
    if positron:
        y *= _positron_ratio(energy * energy_end, parameters[ZEFF])
    return 13.6 * math.sqrt(y) * inverse * (parameters[THETA1] + parameters[THETA2] * math.log(y))


@njit(cache=True, error_model="numpy")
def _positron_ratio(product, z):
    ff = 1.0 + z * (1.84035e-4 * z - 1.86427e-2) + 0.41125
    a = 0.994 - 4.08e-3 * z
    b = 7.16 + (52.6 + 365.0 / z) / z
    c = 1.0 - 4.47e-3 * z
    d = 1.21e-3 * z
    tau = math.sqrt(product) / M
    x = math.sqrt(tau * (tau + 2.0)) / (tau + 1.0)
    if x < 0.6:
        return ff * a * (1.0 - math.exp(-b * x))
    if x > 0.9:
        return ff * (c + d * math.exp(113.0 * (x - 1.0)))
    low = a * (1.0 - math.exp(-b * 0.6))
    high = c + d * math.exp(113.0 * (0.9 - 1.0))
    return ff * (low + (high - low) / 0.3 * (x - 0.6))


@njit(cache=True, error_model="numpy")
def _broad_cosine(state, mean, mean_square):
    """Large angles: two simple functions with the right first two moments."""
    b = 3.0 * mean_square - 1.0
    a = 1.0 + 4.0 * b / (2.0 * mean - b)
    if uniform(state) < (2.0 + a) * mean / a:
        return 2.0 * uniform(state) ** (1.0 / (1.0 + a)) - 1.0
    return 2.0 * uniform(state) - 1.0


@njit(cache=True, error_model="numpy")
def sample_cosine(state, parameters, path, energy, lambda0, energy_end, lambda1, minimum, positron):
    """Draw the cosine of the deflection over a true path.

    Args:
        state: random stream.
        parameters: `urban_parameters` of the material.
        path: true path, mm.
        energy: at the start of the path, MeV.
        lambda0: transport mean free path there, mm.
        energy_end: at the end of the path, MeV.
        lambda1: transport mean free path there, mm.
        minimum: of `minimal_step` when the track entered the volume.
        positron: its scattering is weaker.

    Returns:
        Cosine, -1 to 1: isotropic for tau > 8, 1 for tau < 1e-16.

    Good values: steps well below the range, with little loss.
    Breaks when: the particle loses more than half of its energy in the step, or theta_0 exceeds
        30 degrees: only the first two moments are then right.
    """
    difference = lambda0 - lambda1
    if abs(difference) > 0.01 * lambda0:
        tau = path * math.log(lambda0 / lambda1) / difference
    else:
        tau = path / lambda0
    if tau > 8.0:
        return 2.0 * uniform(state) - 1.0
    if tau < TAU_SMALL:
        return 1.0
    if tau < 0.01:
        mean = 1.0 - tau * (1.0 - 0.5 * tau)
        mean_square = 1.0 - tau * (5.0 - 6.25 * tau) / 3.0
    else:
        mean = math.exp(-tau)
        mean_square = (1.0 + 2.0 * math.exp(-2.5 * tau)) / 3.0
    if energy_end < 0.5 * energy:
        return _broad_cosine(state, mean, mean_square)
    small = min(minimum, 1.0)
    x0 = parameters[X0]
    if path > small:
        theta = _theta0(parameters, path / x0, energy, energy_end, positron)
        u = tau ** (1.0 / 6.0)
    else:
        theta = _theta0(parameters, small / x0, energy, energy_end, positron)
        theta *= math.sqrt(path / small)
        u = (small / lambda0) ** (1.0 / 6.0)
    if theta > math.pi / 6.0:
        return _broad_cosine(state, mean, mean_square)
    theta2 = theta * theta
    if theta2 < TAU_SMALL:
        return 1.0
    xsi = parameters[TAIL0] + u * (parameters[TAIL1] + u * parameters[TAIL2])
    xsi = max(xsi + parameters[TAIL3] * math.log(path / (tau * x0)), 1.9)
    return _tailed_cosine(state, mean, mean_square, theta, theta2, xsi)


@njit(cache=True, error_model="numpy")
def _tailed_cosine(state, mean, mean_square, theta, theta2, xsi):
    """Gaussian-like centre, power-law tail and an isotropic part that fixes the mean cosine."""
    c = xsi
    if abs(xsi - 3.0) < 0.001:
        c = 3.001
    elif abs(xsi - 2.0) < 0.001:
        c = 2.001
    c1 = c - 1.0
    ea = math.exp(-xsi)
    eaa = 1.0 - ea
    if theta2 > 0.01:
        half = 2.0 * math.sin(0.5 * theta)
        x = half * half
    else:
        x = theta2 * (1.0 - theta2 / 12.0)
    mean1 = 1.0 - (1.0 - (1.0 + xsi) * ea) * x / eaa
    if mean1 <= 0.999 * mean:
        return _broad_cosine(state, mean, mean_square)
    x0 = 1.0 - xsi * x
    bx = c * x
    b1 = bx + x0 + 1.0
    d = (bx / b1) ** c1
    mean2 = (x0 + d - (bx - b1 * d) / (c - 2.0)) / (1.0 - d)
    f1 = ea / eaa
    f2 = c1 / (c * (1.0 - d))
    share = f2 / (f1 + f2)
    if uniform(state) >= mean / (share * mean1 + (1.0 - share) * mean2):
        return 2.0 * uniform(state) - 1.0
    if uniform(state) < share:
        return 1.0 + math.log(ea + uniform(state) * eaa) * x
    v = (1.0 - d) * uniform(state)
    if v < 0.01 * d:
        v /= d * c1
        return -1.0 + v * (1.0 - 0.5 * v * c) * b1
    return 1.0 + x * (c - xsi - c * (v + d) ** (-1.0 / c1))


@njit(cache=True, error_model="numpy")
def lateral_shift(state, path, straight):
    """Draw the sideways shift over a path.

    r = 0.73 sqrt(t^2 - z^2); the angle psi between the shift and the azimuth of the new
    direction has the density exp(-2.16 |psi|), since both are correlated.

    Args:
        state: random stream.
        path: true path t, mm.
        straight: advance z along the old direction, mm.

    Returns:
        (r in mm, psi in rad, -pi to pi).
    """
    r = 0.73 * math.sqrt((path - straight) * (path + straight))
    beta = 2.16
    psi = -math.log(1.0 - uniform(state) * (1.0 - math.exp(-beta * math.pi))) / beta
    return r, psi if uniform(state) < 0.5 else -psi
