"""How far apart two sets of samples are, with errors and a truth-against-truth floor."""

from physgan.fidelity.amplification import (
    Amplification,
    QuantileBins,
    amplification,
    quantile_bins,
)
from physgan.fidelity.auc import auc
from physgan.fidelity.classes import ClassReport, class_score, compare_classes
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
from physgan.fidelity.copying import copied_share, repeated_share, to_nearest
from physgan.fidelity.correlations import correlation_difference, pearson
from physgan.fidelity.coverage import COVERAGE_IDEALS, Coverage, coverage
from physgan.fidelity.dense_net import DenseNetwork
from physgan.fidelity.distances import wasserstein, wasserstein_with_error
from physgan.fidelity.estimates import Estimate, estimate, estimates, measure, pull
from physgan.fidelity.features import FeatureSet, features_of, gather, views_of
from physgan.fidelity.frechet import frechet_distance, frechet_physics_distance
from physgan.fidelity.headline import CurvePoint, LargestAuc
from physgan.fidelity.histograms import (
    EFFECTIVE_BINS,
    Binning,
    choose_binning,
    mean_overlap,
    overlap,
    overlap_with_error,
)
from physgan.fidelity.images import ConvolutionalNetwork, sample_view
from physgan.fidelity.kernel import kernel_physics_distance, squared_discrepancy
from physgan.fidelity.pictures import Curve, draw_spectrum
from physgan.fidelity.reweighting import density_ratios, effective_sample_size, thinned
from physgan.fidelity.separation import Separation, separation_power, separations
from physgan.fidelity.spectra import (
    SpectrumCounts,
    count_spectra,
    separation_of_spectra,
    spectrum_edges,
)
from physgan.fidelity.trees import BoostedTrees
from physgan.fidelity.two_sample import (
    Procedure,
    TwoSampleClassifier,
    TwoSampleResult,
    View,
    divergence,
    largest_auc,
    two_sample_test,
    two_sample_tests,
    vector_view,
)

__all__ = [
    "COVERAGE_IDEALS",
    "EFFECTIVE_BINS",
    "Amplification",
    "Binning",
    "BoostedTrees",
    "ClassReport",
    "Classifier",
    "ConvolutionalNetwork",
    "Coverage",
    "Curve",
    "CurvePoint",
    "DenseNetwork",
    "Duplicates",
    "Estimate",
    "FeatureSet",
    "LargestAuc",
    "Modes",
    "Procedure",
    "QuantileBins",
    "Separation",
    "SpectrumCounts",
    "Spread",
    "TwoSampleClassifier",
    "TwoSampleResult",
    "View",
    "amplification",
    "auc",
    "choose_binning",
    "class_score",
    "cluster_modes",
    "compare_classes",
    "conditional_spread",
    "copied_share",
    "correlation_difference",
    "count_spectra",
    "coverage",
    "density_ratios",
    "divergence",
    "draw_spectrum",
    "duplicates",
    "effective_sample_size",
    "estimate",
    "estimates",
    "features_of",
    "frechet_distance",
    "frechet_physics_distance",
    "gather",
    "kernel_physics_distance",
    "largest_auc",
    "mean_overlap",
    "measure",
    "mode_coverage",
    "overlap",
    "overlap_with_error",
    "pearson",
    "pull",
    "quantile_bins",
    "repeated_share",
    "sample_view",
    "separation_of_spectra",
    "separation_power",
    "separations",
    "spectrum_edges",
    "squared_discrepancy",
    "thinned",
    "to_nearest",
    "train_classifier",
    "two_sample_test",
    "two_sample_tests",
    "vector_view",
    "views_of",
    "wasserstein",
    "wasserstein_with_error",
]
