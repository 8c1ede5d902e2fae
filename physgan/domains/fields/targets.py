"""Targets of surrogates of fields, at every condition."""

from physgan.domains.base import Target

__all__ = ["TARGETS"]


def _targets(power: float, coupling: float, shape: float, auc: float) -> tuple[Target, ...]:
    return (
        Target("power spectrum to half Nyquist", "large_scale_power", "relative", power),
        Target("scatter of ln P", "log_power_scatter", "relative", coupling),
        Target("correlations of ln P", "log_power_correlation", "absolute", coupling),
        Target("share above thresholds", "mean_minkowski_v0", "relative", shape),
        Target("boundary at thresholds", "mean_minkowski_v1", "relative", shape),
        Target("Euler characteristic", "euler_curve", "absolute", shape),
        Target("one-point distribution", "value", "separation", 3.0),
        Target("variance histogram, against the baseline", "variance", "baseline", 0.0),
        Target("largest AUC", "", "auc", auc),
    )


TARGETS: dict[str, tuple[Target, ...]] = {
    "quickstart": _targets(0.05, 0.15, 0.05, 0.75),
    "long": _targets(0.02, 0.08, 0.05, 0.60),
}
"""Profile -> targets: "quickstart" for an hour on two cores, "long" for a GPU."""
