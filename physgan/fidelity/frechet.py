"""Fréchet physics distance: Gaussians fitted to two sets of features, at infinite statistics."""

import numpy as np
from threadpoolctl import threadpool_limits

from physgan.fidelity.scaling import scaled

__all__ = ["frechet_distance", "frechet_physics_distance"]

_SINGULAR = 1e-12

Moments = tuple[np.ndarray, np.ndarray]


def frechet_distance(first: Moments, second: Moments) -> float:
    """Squared Fréchet distance of two Gaussians.

    |m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)): D. Dowson and B. Landau, J. Multivariate
    Anal. 12, 450 (1982). The last trace is the sum of the roots of the eigenvalues of
    L' C2 L with C1 = L L'.

    Args:
        first: mean, shape (d,), and covariance, shape (d, d).
        second: the same of the other.
    """
    shift = first[0] - second[0]
    root = _root(first[1])
    overlap = np.linalg.eigvalsh(root.T @ second[1] @ root)
    traces = np.trace(first[1]) + np.trace(second[1])
    return float(shift @ shift + traces - 2 * np.sqrt(np.maximum(overlap, 0)).sum())


def frechet_physics_distance(
    real: np.ndarray,
    fake: np.ndarray,
    seed: int = 0,
    *,
    draws: int = 20,
    points: int = 10,
    largest: int = 50_000,
    replace: bool = False,
) -> tuple[float, float]:
    """Fréchet distance of features, extrapolated to infinitely many samples, and its error.

    R. Kansal et al., Phys. Rev. D 107, 076017 (2023), arXiv:2211.10295, after M. Chong and
    D. Forsyth, arXiv:1911.07023: the distance of sets of N samples is too large by a term in
    1/N; averages over `draws` subsets of `points` sizes, regular in 1/N from a fifth of the
    samples to all of them (10,000 to 50,000 if there are so many), are fitted by a straight line,
    whose intercept is quoted. The subsets are drawn without replacement: with it, the fit would
    lead to the distance of these two sets and not of their distributions.

    The error joins that of the fit to the first-order (delta method) error of the distance of
    all samples; where both distributions are equal the latter is too large rather than too small.

    Args:
        real: shape (n, d), without conditions.
        fake: shape (m, d).
        seed: of the subsets.
        draws: subsets of each size.
        points: sizes.
        largest: size; the smallest one is a fifth of it.
        replace: draw with replacement, as the package jetnet does.

    Breaks when: there are not many more samples than features, so that terms in 1/N^2 count.
    """
    real, fake = scaled(real, fake)
    top = min(len(real), len(fake), largest)
    sizes = (1 / np.linspace(5 / top, 1 / top, points)).astype(int)
    rng = np.random.default_rng(seed)
    with threadpool_limits(1):  # the matrices are small
        means = [
            np.mean([_drawn_distance(real, fake, size, rng, replace) for _ in range(draws)])
            for size in sizes
        ]
    intercept, error = _intercept(1 / sizes, np.array(means))
    return intercept, float(np.hypot(error, _first_order_error(real, fake)))


def _drawn_distance(
    real: np.ndarray, fake: np.ndarray, size: int, rng: np.random.Generator, replace: bool
) -> float:
    sides = (side[rng.choice(len(side), size, replace=replace)] for side in (real, fake))
    first, second = (_moments(side) for side in sides)
    return frechet_distance(first, second)


def _moments(features: np.ndarray) -> Moments:
    return features.mean(0), np.atleast_2d(np.cov(features, rowvar=False))


def _intercept(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Of the straight line through y(x), with the standard error from the residuals."""
    design = np.stack([np.ones_like(x), x], 1)
    inverse = np.linalg.inv(design.T @ design)
    line = inverse @ design.T @ y
    variance = ((y - design @ line) ** 2).sum() / max(1, len(x) - 2)
    return float(line[0]), float(np.sqrt(variance * inverse[0, 0]))


def _first_order_error(real: np.ndarray, fake: np.ndarray) -> float:
    """Standard error from the distance's derivatives in both distributions (influence functions).

    In the first one it is 2 (m1 - m2).(x - m1) + (x - m1)' (1 - T) (x - m1), where T is the
    matrix that transports the first Gaussian to the second.
    """
    variance = 0.0
    for one, other in ((real, fake), (fake, real)):
        first, second = _moments(one), _moments(other)
        centred = one - first[0]
        pull = np.eye(one.shape[1]) - _transport(first[1], second[1])
        influence = 2 * centred @ (first[0] - second[0]) + ((centred @ pull) * centred).sum(1)
        variance += float(influence.var()) / len(one)
    return float(np.sqrt(variance))


def _transport(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """C1^(-1/2) (C1^(1/2) C2 C1^(1/2))^(1/2) C1^(-1/2), on the span of C1."""
    values, vectors = np.linalg.eigh(first)
    held = values > _SINGULAR * max(float(values[-1]), 1e-300)
    values, vectors = values[held], vectors[:, held]
    root = vectors * np.sqrt(values)
    inner, basis = np.linalg.eigh(root.T @ second @ root)
    middle = (basis * np.sqrt(np.maximum(inner, 0))) @ basis.T
    inverse = vectors / np.sqrt(values)
    return np.asarray(inverse @ middle @ inverse.T)


def _root(covariance: np.ndarray) -> np.ndarray:
    """L with L L' = C, whether or not C is singular."""
    try:
        return np.asarray(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
