"""How far apart two sets of samples are, with errors and a truth-against-truth floor."""

from physgan.fidelity.amplification import (
    Amplification,
    QuantileBins,
    amplification,
    quantile_bins,
)
from physgan.fidelity.auc import auc
from physgan.fidelity.classes import ClassReport, class_score, judge_classes
from physgan.fidelity.classifier import Classifier, train_classifier
from physgan.fidelity.collapse import (
    Duplicates,
    Modes,
    Spread,
    cluster_modes,
    conditional_spread,
    duplicates,
    mode_coverage,
)
from physgan.fidelity.correlations import correlation_difference, pearson
from physgan.fidelity.coverage import Coverage, coverage
from physgan.fidelity.distances import wasserstein, wasserstein_with_error
from physgan.fidelity.estimates import Estimate, estimate, estimates, measure, pull
from physgan.fidelity.features import FeatureSet, features_of, gather
from physgan.fidelity.frechet import frechet_distance, frechet_physics_distance
from physgan.fidelity.histograms import (
    EFFECTIVE_BINS,
    Binning,
    choose_binning,
    mean_overlap,
    overlap,
    overlap_with_error,
)
from physgan.fidelity.kernel import kernel_physics_distance, squared_discrepancy
from physgan.fidelity.referee import Judgement, RefereeReport, RefereeSettings, judge
from physgan.fidelity.reweighting import density_ratios, effective_sample_size, thinned
from physgan.fidelity.separation import Separation, separation_power, separations
from physgan.fidelity.two_sample import ClassifierResult, Pair, image_test, observable_test
from physgan.fidelity.vector_test import (
    NetworkSettings,
    VectorResult,
    divergence,
    network_test,
    tree_test,
)

__all__ = [
    "EFFECTIVE_BINS",
    "Amplification",
    "Binning",
    "ClassReport",
    "Classifier",
    "ClassifierResult",
    "Coverage",
    "Duplicates",
    "Estimate",
    "FeatureSet",
    "Judgement",
    "Modes",
    "NetworkSettings",
    "Pair",
    "QuantileBins",
    "RefereeReport",
    "RefereeSettings",
    "Separation",
    "Spread",
    "VectorResult",
    "amplification",
    "auc",
    "choose_binning",
    "class_score",
    "cluster_modes",
    "conditional_spread",
    "correlation_difference",
    "coverage",
    "density_ratios",
    "divergence",
    "duplicates",
    "effective_sample_size",
    "estimate",
    "estimates",
    "features_of",
    "frechet_distance",
    "frechet_physics_distance",
    "gather",
    "image_test",
    "judge",
    "judge_classes",
    "kernel_physics_distance",
    "mean_overlap",
    "measure",
    "mode_coverage",
    "network_test",
    "observable_test",
    "overlap",
    "overlap_with_error",
    "pearson",
    "pull",
    "quantile_bins",
    "separation_power",
    "separations",
    "squared_discrepancy",
    "thinned",
    "train_classifier",
    "tree_test",
    "wasserstein",
    "wasserstein_with_error",
]
