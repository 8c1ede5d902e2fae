"""Two datasets of one domain beside each other: metrics, a table, pictures and JSON."""

from physgan.comparison.compare import compare
from physgan.comparison.metrics import compare_samples
from physgan.comparison.results import ComparisonReport, ComparisonSettings, MetricResult
from physgan.comparison.table import table

__all__ = [
    "ComparisonReport",
    "ComparisonSettings",
    "MetricResult",
    "compare",
    "compare_samples",
    "table",
]
