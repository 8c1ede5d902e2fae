"""Two datasets of one domain beside each other: a table, pictures and JSON."""

from physgan.comparison.compare import compare
from physgan.comparison.table import table

__all__ = ["compare", "table"]
