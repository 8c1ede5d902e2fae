"""How well and how fast a surrogate does its simulator's work, and the page that says so."""

from physgan.benchmark.copies import Learnt
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.report import Report
from physgan.benchmark.run import benchmark
from physgan.benchmark.sources import Source, Variant
from physgan.benchmark.trained_run import benchmark_run

__all__ = ["Learnt", "Recorded", "Report", "Source", "Variant", "benchmark", "benchmark_run"]
