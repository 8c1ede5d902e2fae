"""Fluctuation of the restricted energy loss: Urban's two-part model.

Excitations of one effective level, of energy I, take the share 1 - r of the mean loss;
ionisations with the spectrum g(E) ~ 1/E^2 from E0 = 10 eV to the cut take the share r = 0.56.
Both numbers are Poisson distributed.

K. Lassila-Perini and L. Urban, Nucl. Instrum. Meth. A 362, 416 (1995); Geant4 Physics Reference
Manual, "Energy loss fluctuations".
"""

import math

from numba import njit

from simulators.calorimeter.rng import gauss, poisson, uniform

RATE = 0.56
E0 = 1.0e-5  # MeV, lowest ionisation
MANY = 8.0
SMALLEST_LOSS = 1.0e-5


@njit(cache=True, error_model="numpy")
def _positive_gauss(state, mean, variance):
    if mean * mean < 0.0625 * variance:
        return 2.0 * mean * uniform(state)
    sigma = math.sqrt(variance)
    while True:
        value = gauss(state, mean, sigma)
        if 0.0 <= value <= 2.0 * mean:
            return value


@njit(cache=True, error_model="numpy")
def sample_loss(state, mean_loss, cut, excitation):
    """Draw the energy that a particle loses over a step.

    Mean numbers of collisions: n_exc = (1 - r) mean / (w I), each of energy w I, with w = 4, or
    less where excitations are few; n_ion = r mean (cut - E0) / (E0 cut ln(cut / E0)). Beyond some
    8 of a kind, excitations or soft ionisations are drawn together, from a normal distribution.
    In thin layers the loss has a long tail, as Landau's; in thick layers it becomes Gaussian.

    Args:
        state: random stream.
        mean_loss: restricted mean loss over the step, MeV.
        cut: largest single transfer, MeV.
        excitation: mean excitation energy I of the medium, MeV.

    Returns:
        Loss, MeV, with mean `mean_loss`. It may exceed the particle's energy: the caller stops
        the particle there.

    Breaks when: the mean loss or the cut is below 10 eV: the mean is returned. In layers with
        few collisions single shells matter, which this model knows only through I.
    """
    if mean_loss < SMALLEST_LOSS or cut <= E0:
        return mean_loss
    scaling = min(1.0 + 5e-4 / cut, 1.5)
    mean = mean_loss / scaling
    w1 = cut / E0
    a3 = mean * (cut - E0) / (E0 * cut * math.log(w1))
    loss = 0.0
    if cut > excitation:
        a1 = mean * (1.0 - RATE) / excitation
        width = 0.1 + 3.9 * math.sqrt(a1 / 42.0) if a1 < 42.0 else 4.0
        a1 /= width
        e1 = excitation * width
        a3 *= RATE
        if a1 > MANY:
            loss = _positive_gauss(state, a1 * e1, a1 * e1 * e1)
        else:
            number = poisson(state, a1)
            if number > 0:
                loss = (number + 1 - 2.0 * uniform(state)) * e1
    if a3 > 0.0:
        loss += _ionisation_part(state, a3, cut, w1)
    return loss * scaling


@njit(cache=True, error_model="numpy")
def _ionisation_part(state, a3, cut, w1):
    loss = 0.0
    rare = a3
    alpha = 1.0
    if a3 > MANY:
        alpha = w1 * (MANY + a3) / (w1 * MANY + a3)
        alpha1 = alpha * math.log(alpha) / (alpha - 1.0)
        soft = a3 * w1 * (alpha - 1.0) / ((w1 - 1.0) * alpha)
        loss = _positive_gauss(
            state, soft * E0 * alpha1, E0 * E0 * soft * (alpha - alpha1 * alpha1)
        )
        rare = a3 - soft
    w3 = alpha * E0
    if cut > w3:
        w = (cut - w3) / cut
        for _ in range(poisson(state, rare)):
            loss += w3 / (1.0 - w * uniform(state))
    return loss
