"""Datasets: the HDF5 format, recipes, resumable simulation, batches."""

from physgan.data.batching import batch_indices, batches
from physgan.data.dataset import Dataset, check_hashes, open_dataset, open_split
from physgan.data.recipes import Recipe, load_recipe, recipe_names
from physgan.data.schema import Axis, Condition, DatasetInfo, Field
from physgan.data.sharded import write_events
from physgan.data.simulation import build_simulator, simulate
from physgan.data.verification import info, verify
from physgan.data.writer import write_dataset

__all__ = [
    "Axis",
    "Condition",
    "Dataset",
    "DatasetInfo",
    "Field",
    "Recipe",
    "batch_indices",
    "batches",
    "build_simulator",
    "check_hashes",
    "info",
    "load_recipe",
    "open_dataset",
    "open_split",
    "recipe_names",
    "simulate",
    "verify",
    "write_dataset",
    "write_events",
]
