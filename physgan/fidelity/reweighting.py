"""Weights that bring generated samples closer to real ones, learnt by a classifier.

A classifier that gives a sample the probability p of being real has p / (1 - p) for the ratio of
the two densities (Sugiyama, Suzuki and Kanamori, Density Ratio Estimation in Machine Learning,
2012, section 4; for simulation, Andreassen and Nachman, arXiv:1907.08209). Weighted samples are
worth fewer: the effective sample size says how many.
"""

import numpy as np

from physgan.domains.base import Conditions, Domain, Samples
from physgan.fidelity.trees import tree_scores

__all__ = ["density_ratios", "effective_sample_size", "thinned"]

_LARGEST_LOG_RATIO = 3.0
_SEEDS = 3


def density_ratios(
    domain: Domain,
    real: tuple[Samples, Conditions],
    fake: tuple[Samples, Conditions],
    candidates: tuple[Samples, Conditions],
    seed: int = 0,
) -> np.ndarray:
    """Estimated real over generated density of candidates, from their high-level view.

    Args:
        domain: gives the view.
        real: samples and conditions, from the training or validation split: never those that
            test the result.
        fake: generated ones at the same conditions.
        candidates: further generated ones, to be weighted; none of `fake`, on which the
            classifier would be too sure.
        seed: of the trees' early stopping.

    Returns:
        Weights with mean 1, shape (len(candidates),); the mean of several trainings' log odds,
        bounded to a factor of e^3 either way.
    """
    views = [domain.views(*side)["high-level"] for side in (real, fake, candidates)]
    table = np.concatenate(views[:2])
    labels = np.repeat([1.0, 0.0], [len(views[0]), len(views[1])])
    scores = [tree_scores(table, labels, views[2], seed + k) for k in range(_SEEDS)]
    odds = np.clip(np.mean(scores, 0), -_LARGEST_LOG_RATIO, _LARGEST_LOG_RATIO)
    weights = np.exp(odds)
    return np.asarray(weights / weights.mean())


def effective_sample_size(weights: np.ndarray) -> float:
    """(sum w)^2 / sum w^2: as many unweighted samples give a mean of the same error (Kish 1965)."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def thinned(weights: np.ndarray, seed: int = 0) -> np.ndarray:
    """Indices of candidates kept with probability w / max(w): samples without weights."""
    kept = np.random.default_rng(seed).random(len(weights)) < weights / weights.max()
    return np.flatnonzero(kept)
