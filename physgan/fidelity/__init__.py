"""How far apart two sets of samples are, with errors and a truth-against-truth floor."""

from physgan.fidelity.auc import auc
from physgan.fidelity.distances import wasserstein, wasserstein_with_error
from physgan.fidelity.estimates import Estimate, estimate, estimates, measure, pull
from physgan.fidelity.histograms import (
    EFFECTIVE_BINS,
    Binning,
    choose_binning,
    mean_overlap,
    overlap,
    overlap_with_error,
)
from physgan.fidelity.two_sample import ClassifierResult, Pair, image_test, observable_test

__all__ = [
    "EFFECTIVE_BINS",
    "Binning",
    "ClassifierResult",
    "Estimate",
    "Pair",
    "auc",
    "choose_binning",
    "estimate",
    "estimates",
    "image_test",
    "mean_overlap",
    "measure",
    "observable_test",
    "overlap",
    "overlap_with_error",
    "pull",
    "wasserstein",
    "wasserstein_with_error",
]
