"""Targets of surrogates of spin lattices, at every temperature."""

from physgan.domains.base import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, tuple[Target, ...]] = {
    "quickstart": (
        Target("energy histogram", "energy", "overlap", 0.85),
        Target("signed magnetisation histogram", "magnetisation", "overlap", 0.90),
        Target("mean energy", "energy", "relative", 0.01),
        Target("energy histogram, against the baseline", "energy", "baseline", 0.0),
        Target("largest AUC", "", "auc", 0.58),
    ),
    "long": (
        Target("energy histogram", "energy", "overlap", 0.95),
        Target("signed magnetisation histogram", "magnetisation", "overlap", 0.95),
        Target("specific heat", "specific_heat", "relative", 0.05),
        Target("susceptibility", "susceptibility", "relative", 0.05),
        Target("correlation function", "correlation", "relative", 0.02),
        Target("Binder cumulant", "binder", "absolute", 0.01),
        Target("energy histogram, against the baseline", "energy", "baseline", 0.0),
        Target("largest AUC", "", "auc", 0.55),
    ),
}
"""Profile -> targets: "quickstart" for minutes of training, "long" for an hour or two."""
