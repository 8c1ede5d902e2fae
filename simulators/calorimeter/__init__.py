"""Electromagnetic showers in layered calorimeters, simulated from the physics up."""

from simulators.calorimeter.geometry import Slab, alternating, block
from simulators.calorimeter.materials import MATERIALS, Material
from simulators.calorimeter.model import Calorimeter, Statistics

__all__ = [
    "MATERIALS",
    "Calorimeter",
    "Material",
    "Slab",
    "Statistics",
    "alternating",
    "block",
]
