"""How far maps are from true ones at one condition, in figures with errors."""

from typing import NamedTuple

import numpy as np

from physgan.domains.fields import Fields
from physgan.domains.fields.ensemble import bins_of
from physgan.domains.fields.layout import FIELD
from physgan.domains.fields.spectrum import modes_of

Vectors = dict[str, np.ndarray]

POWER, COVARIANCE, ONE_POINT, MINKOWSKI = "power", "covariance", "one-point", "minkowski"
_FUNCTIONALS = tuple(f"minkowski_v{number}" for number in range(3))
_END, _STEP = 10.0, 0.01
_BINS = round(2 * _END / _STEP)
_DRAWS, _HALVINGS = 100, 20
_PER_CENT = 100.0
_DRAWN = 10
"""Bins of `Maps.histogram` in one of pictures."""


class Maps(NamedTuple):
    """What is measured of each of n maps, and which of them belong together.

    Attributes:
        power: P(k), shape (n, rings).
        minkowski: the three functionals, shape (n, 3, thresholds).
        histogram: pixels in bins of .01 from -10 to 10 in network space, what lies
            beyond in the outer ones, shape (n, bins).
        runs: number of the simulator's run that made each, shape (n,).
    """

    power: np.ndarray
    minkowski: np.ndarray
    histogram: np.ndarray
    runs: np.ndarray


class Figure(NamedTuple):
    """A figure.

    Attributes:
        value: in per cent; of the one-point distribution, in its unit.
        error: standard error, by bootstrap over runs on both sides.
        raw: as measured; `value` is less chance where that can be taken off.
    """

    value: float
    error: float
    raw: float


def measured(domain: Fields, values: np.ndarray, together: int = 1) -> Maps:
    """Measure maps, shape (n, rows, columns), of which `together` in a row are of one run."""
    samples, place = {FIELD: values}, np.arange(len(values))
    found = {
        o.name: np.asarray(o.compute(samples, {}))
        for o in domain.observables
        if o.name in (POWER, *_FUNCTIONALS)
    }
    encoded = domain.layout.encoded(values).reshape(len(values), -1)
    bins = np.clip(((encoded + _END) / _STEP).astype(np.int32), 0, _BINS - 1)
    counts = np.stack([np.bincount(each, minlength=_BINS) for each in bins])
    functionals = np.stack([found[name] for name in _FUNCTIONALS], 1)
    return Maps(found[POWER], functionals, counts.astype(np.float32), place // together)


def figures(domain: Fields, truth: Maps, own: Maps, seed: int) -> dict[str, Figure]:
    """Every figure of maps beside true ones.

    power: largest |P / P_true - 1| over the rings below half the Nyquist wavenumber.
    covariance: |C - C_true| / |C_true| with C the covariance over maps of ln P between two
        different bins of `physgan.domains.fields.ensemble` and |.| the Frobenius norm. Chance
        alone gives the sum of the entries' variances, in the square; `value` is without it.
    one-point: Wasserstein-1 distance of the distributions of pixels.
    minkowski: largest deviation of a functional over its own largest true value.

    The largest of several deviations is biased upwards by their errors; truth against truth has
    that bias, too.
    """
    found = _deviations(domain, truth, own, *(np.ones(len(m.runs)) for m in (truth, own)))
    rng = np.random.default_rng(seed)
    drawn = [
        _deviations(domain, truth, own, _resampled(truth.runs, rng), _resampled(own.runs, rng))
        for _ in range(_DRAWS)
    ]
    result = {}
    for name, vector in found.items():
        draws = np.stack([each[name] for each in drawn])
        errors = draws.std(0, ddof=1)
        if name == COVARIANCE:
            result[name] = _norm(vector, draws, errors)
        else:
            place = int(np.argmax(np.abs(vector)))
            size = float(abs(vector[place]))
            result[name] = Figure(size, float(errors[place]), size)
    return result


def chance(domain: Fields, one: Maps, other: Maps, seed: int) -> float:
    """Wasserstein-1 distance of truth to truth: mean over halvings of all runs of two sets.

    Of one half, maps are drawn singly, as from a surrogate. The maps of a run are not independent:
    the mean of all slabs of a box is that of its matter, which is the same in every box, so that
    whole runs are nearer to each other than an ideal surrogate's maps can be.
    """
    rng = np.random.default_rng(seed)
    runs = np.concatenate([one.runs, other.runs + one.runs.max() + 1])
    columns = (np.concatenate(pair) for pair in zip(one[:3], other[:3], strict=True))
    both = Maps(*columns, runs)
    found = []
    for _ in range(_HALVINGS):
        order = rng.permutation(runs.max() + 1)
        first = (order < len(order) // 2)[runs]
        singly = rng.choice(np.flatnonzero(~first), (~first).sum())
        drawn = np.bincount(singly, minlength=len(runs)).astype(float)
        found.append(_distance(domain, both, both, first.astype(float), drawn))
    return float(np.mean(found))


def curves(domain: Fields, truth: Maps, own: Maps, seed: int) -> dict[str, list[float]]:
    """What pictures show, to four digits.

    Returns:
        "ratio" of P to the true one with "ratio_error"; "correlation" of ln P between bins, a
        matrix; "pixels", the density in bins of .1 in network space that have true
        pixels, at the values "pixels_at".
    """
    rng = np.random.default_rng(seed)
    ratios = [
        np.average(own.power, 0, _resampled(own.runs, rng))
        / np.average(truth.power, 0, _resampled(truth.runs, rng))
        for _ in range(_DRAWS)
    ]
    covariance = _covariance(domain, own, np.ones(len(own.runs)))
    spread = np.sqrt(np.diag(covariance))
    true, counts = (m.histogram.sum(0).reshape(-1, _DRAWN).sum(1) for m in (truth, own))
    edges = np.linspace(-_END, _END, len(true) + 1)
    found = {
        "ratio": own.power.mean(0) / truth.power.mean(0),
        "ratio_error": np.std(ratios, 0, ddof=1),
        "correlation": covariance / np.outer(spread, spread),
        "pixels": (counts / counts.sum() / (_DRAWN * _STEP))[true > 0],
        "pixels_at": domain.layout.decoded((edges[1:] + edges[:-1]) / 2)[true > 0],
    }
    return {k: [float(f"{x:.4g}") for x in values.ravel()] for k, values in found.items()}


def log_bins(domain: Fields) -> list[str]:
    """The bins of ln P, in words."""
    modes = modes_of(domain.layout)
    ends = [(f"{modes.centres[s]:.2g}", f"{modes.centres[b - 1]:.2g}") for s, b in bins_of(modes)]
    return [first if first == last else f"{first}-{last}" for first, last in ends]


def _deviations(
    domain: Fields, truth: Maps, own: Maps, true_weights: np.ndarray, weights: np.ndarray
) -> Vectors:
    """Every deviation as a vector, where maps count by their weights."""
    half = (truth.power.shape[1] + 1) // 2
    sides = ((truth, true_weights), (own, weights))
    spectra = [np.average(maps.power, 0, w)[:half] for maps, w in sides]
    shared = [_between_bins(domain, maps, w) for maps, w in sides]
    functionals = [np.average(maps.minkowski, 0, w) for maps, w in sides]
    largest = np.abs(functionals[0]).max(1, keepdims=True)
    return {
        POWER: _PER_CENT * (spectra[1] / spectra[0] - 1),
        COVARIANCE: _PER_CENT * (shared[1] - shared[0]) / np.linalg.norm(shared[0]),
        ONE_POINT: np.array([_distance(domain, truth, own, true_weights, weights)]),
        MINKOWSKI: _PER_CENT * ((functionals[1] - functionals[0]) / largest).ravel(),
    }


def _covariance(domain: Fields, maps: Maps, weights: np.ndarray) -> np.ndarray:
    """Covariance of ln P between bins, in each of which all modes count alike."""
    modes = modes_of(domain.layout)
    power = maps.power / np.average(maps.power, 0, weights)
    binned = [np.average(power[:, s:b], 1, modes.counts[s:b]) for s, b in bins_of(modes)]
    return np.cov(np.log(np.maximum(binned, np.finfo(float).tiny)), aweights=weights)


def _between_bins(domain: Fields, maps: Maps, weights: np.ndarray) -> np.ndarray:
    """Covariances of different bins, each pair once."""
    covariance = _covariance(domain, maps, weights)
    return covariance[np.triu_indices(len(covariance), 1)]


def _distance(
    domain: Fields, truth: Maps, own: Maps, true_weights: np.ndarray, weights: np.ndarray
) -> float:
    """Wasserstein-1 distance of pixels: the area between the distribution functions."""
    shares = []
    for maps, w in ((truth, true_weights), (own, weights)):
        total = (w @ maps.histogram).cumsum()
        shares.append(np.concatenate([[0], total / total[-1]]))
    edges = domain.layout.decoded(np.linspace(-_END, _END, _BINS + 1))
    return float(np.trapezoid(np.abs(shares[1] - shares[0]), edges))


def _norm(vector: np.ndarray, draws: np.ndarray, errors: np.ndarray) -> Figure:
    """Frobenius norm, less what chance adds to its square; its error along the deviation."""
    raw = float(np.linalg.norm(vector))
    value = np.sqrt(max(raw**2 - float((errors**2).sum()), 0.0))
    error = float(((draws - vector) @ vector / raw).std(ddof=1)) if raw else 0.0
    return Figure(float(value), error, raw)


def _resampled(runs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How often each map is drawn when runs are drawn with replacement."""
    number = int(runs.max()) + 1
    return np.bincount(rng.integers(0, number, number), minlength=number)[runs].astype(float)
