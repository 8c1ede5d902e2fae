"""Import of a user's own arrays as a dataset for `physgan train`."""

from physgan.importing.conversion import SPLITS, import_arrays
from physgan.importing.inspection import inspect_arrays

__all__ = ["SPLITS", "import_arrays", "inspect_arrays"]
