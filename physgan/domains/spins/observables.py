"""Physical quantities of spin lattices: arrays of +1 and -1, shape (n, L, L), on a torus.

Units: J = k_B = 1, so energies are in J and temperatures in J/k_B.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.fft

from physgan.domains.base import EnsembleObservable, Observable, Samples

__all__ = [
    "ENSEMBLE",
    "OBSERVABLES",
    "correlation",
    "energy",
    "magnetisation",
    "structure_kmin",
]

_CHUNK_SITES = 1 << 21

Conditions = Mapping[str, Any]
PerSample = Mapping[str, np.ndarray]


def energy(spins: np.ndarray, field: float | np.ndarray = 0.0) -> np.ndarray:
    """Energy per site, u = -(1/N) sum_<ij> s_i s_j - h m.

    Args:
        spins: shape (n, L, L), values +1 and -1.
        field: external field h, J; a number or shape (n,).

    Returns:
        shape (n,), J.
    """
    sites = spins.shape[1] * spins.shape[2]
    bonds = np.zeros(len(spins), np.int64)
    for axis in (1, 2):
        bonds += (spins * np.roll(spins, 1, axis)).sum((1, 2), dtype=np.int64)
    interaction = -bonds / sites
    return interaction - field * magnetisation(spins) if np.any(field) else interaction


def magnetisation(spins: np.ndarray) -> np.ndarray:
    """Mean spin of each lattice, shape (n,)."""
    sites = spins.shape[1] * spins.shape[2]
    return spins.sum((1, 2), dtype=np.int64) / sites


def correlation(spins: np.ndarray) -> np.ndarray:
    """Correlation function C(r) = <s_x s_{x+r}> along the axes, mean not subtracted.

    Averaged over all sites x and both axes. By the Wiener-Khinchin theorem it is the inverse
    Fourier transform of the lines' power spectrum.

    Args:
        spins: shape (n, L, L).

    Returns:
        shape (n, L//2 + 1), for r = 0 ... L//2 sites.
    """
    return _in_chunks(_correlation, spins)


def structure_kmin(spins: np.ndarray) -> np.ndarray:
    """Structure factor S(k) = |sum_x s_x exp(ikx)|^2 / N at the smallest k = 2 pi / L.

    Averaged over the two axes; shape (n,).
    """
    size = spins.shape[1]
    wave = np.exp(2j * np.pi * np.arange(size) / size)
    power = [np.abs(spins.sum(axis, dtype=np.int64) @ wave) ** 2 for axis in (1, 2)]
    return (power[0] + power[1]) / (2 * size**2)


def _correlation(spins: np.ndarray) -> np.ndarray:
    size = spins.shape[1]
    values = spins.astype(np.float32)
    power = np.zeros((len(spins), size // 2 + 1))
    for lines in (values, values.transpose(0, 2, 1)):
        power += (np.abs(scipy.fft.rfft(lines)) ** 2).mean(1)
    return scipy.fft.irfft(power, size)[:, : size // 2 + 1] / (2 * size)


def _in_chunks(function: Callable[[np.ndarray], np.ndarray], spins: np.ndarray) -> np.ndarray:
    step = max(1, _CHUNK_SITES // (spins.shape[1] * spins.shape[2]))
    return np.concatenate(
        [function(spins[start : start + step]) for start in range(0, max(1, len(spins)), step)]
    )


def _energy(samples: Samples, conditions: Conditions) -> np.ndarray:
    return energy(samples["spins"], conditions.get("field", 0.0))


def _power(exponent: int) -> Callable[[Samples, Conditions], np.ndarray]:
    return lambda samples, conditions: magnetisation(samples["spins"]) ** exponent


OBSERVABLES: tuple[Observable, ...] = (
    Observable(
        "energy",
        "$u$",
        "J",
        "energy per site",
        _energy,
        lambda geometry: 4 / geometry["size"] ** 2,
    ),
    Observable(
        "magnetisation",
        "$m$",
        "1",
        "magnetisation",
        lambda samples, conditions: magnetisation(samples["spins"]),
        lambda geometry: 2 / geometry["size"] ** 2,
    ),
    Observable(
        "abs_magnetisation",
        "$|m|$",
        "1",
        "absolute magnetisation",
        lambda samples, conditions: np.abs(magnetisation(samples["spins"])),
    ),
    Observable("m2", "$m^2$", "1", "squared magnetisation", _power(2)),
    Observable("m4", "$m^4$", "1", "fourth power of the magnetisation", _power(4)),
    Observable(
        "correlation",
        "$C(r)$",
        "1",
        "correlation function along the axes",
        lambda samples, conditions: correlation(samples["spins"]),
        axis=("r", "sites"),
    ),
    Observable(
        "structure_zero",
        "$S(0)$",
        "1",
        "structure factor at k = 0",
        lambda samples, conditions: samples["spins"][0].size * magnetisation(samples["spins"]) ** 2,
    ),
    Observable(
        "structure_kmin",
        r"$S(k_{\min})$",
        "1",
        "structure factor at the smallest k",
        lambda samples, conditions: structure_kmin(samples["spins"]),
    ),
)


def _mean_of(name: str) -> Callable[[PerSample, Conditions], float | np.ndarray]:
    return lambda values, condition: values[name].mean(0)


def _specific_heat(values: PerSample, condition: Conditions) -> float:
    return condition["size"] ** 2 * float(values["energy"].var()) / condition["temperature"] ** 2


def _susceptibility(values: PerSample, condition: Conditions) -> float:
    connected = values["m2"].mean() - values["abs_magnetisation"].mean() ** 2
    return condition["size"] ** 2 * float(connected) / condition["temperature"]


def _binder(values: PerSample, condition: Conditions) -> float:
    return float(1 - values["m4"].mean() / (3 * values["m2"].mean() ** 2))


def _correlation_length(values: PerSample, condition: Conditions) -> float:
    ratio = values["structure_zero"].mean() / values["structure_kmin"].mean()
    return float(np.sqrt(max(0.0, ratio - 1)) / (2 * np.sin(np.pi / condition["size"])))


def _kaufman(index: int) -> Callable[[Conditions], float | None]:
    """Exact value on the finite torus, without external field."""

    def value(condition: Conditions) -> float | None:
        import simulators.ising.exact as exact

        if condition.get("field", 0.0):
            return None
        return float(exact.kaufman(int(condition["size"]), condition["temperature"])[index])

    return value


def _bulk(name: str) -> Callable[[Conditions], float | None]:
    """Exact value on the infinite lattice, without external field."""

    def value(condition: Conditions) -> float | None:
        import simulators.ising.exact as exact

        if condition.get("field", 0.0):
            return None
        return float(getattr(exact, name)(condition["temperature"]))

    return value


ENSEMBLE: tuple[EnsembleObservable, ...] = (
    EnsembleObservable(
        "energy",
        r"$\langle u \rangle$",
        "J",
        "energy per site",
        "u = -(1/N) sum over bonds of s_i s_j",
        _mean_of("energy"),
        ("energy",),
        _kaufman(0),
        _bulk("onsager_energy"),
    ),
    EnsembleObservable(
        "specific_heat",
        "$c$",
        "k_B",
        "specific heat per site",
        "c = N (<u^2> - <u>^2) / T^2",
        _specific_heat,
        ("energy",),
        _kaufman(1),
        _bulk("onsager_specific_heat"),
    ),
    EnsembleObservable(
        "abs_magnetisation",
        r"$\langle |m| \rangle$",
        "1",
        "absolute magnetisation",
        "|m| = |sum of s_i| / N",
        _mean_of("abs_magnetisation"),
        ("abs_magnetisation",),
        None,
        _bulk("yang_magnetisation"),
    ),
    EnsembleObservable(
        "susceptibility",
        r"$\chi$",
        "1/J",
        "susceptibility per site, connected with |m|",
        "chi = N (<m^2> - <|m|>^2) / T",
        _susceptibility,
        ("m2", "abs_magnetisation"),
    ),
    EnsembleObservable(
        "binder",
        "$U_4$",
        "1",
        "Binder cumulant",
        "U4 = 1 - <m^4> / (3 <m^2>^2)",
        _binder,
        ("m2", "m4"),
    ),
    EnsembleObservable(
        "correlation_length",
        r"$\xi_{2}$",
        "sites",
        "second-moment correlation length",
        "xi = sqrt(S(0)/S(k_min) - 1) / (2 sin(pi/L)), S(0) = N <m^2>",
        _correlation_length,
        ("structure_zero", "structure_kmin"),
    ),
    EnsembleObservable(
        "correlation",
        "$C(r)$",
        "1",
        "correlation function along the axes",
        "C(r) = <s_x s_(x+r)>, mean not subtracted",
        _mean_of("correlation"),
        ("correlation",),
        None,
        None,
        ("r", "sites"),
    ),
)
