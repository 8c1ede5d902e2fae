"""Reference simulators of physics: conditions in, samples out."""

from simulators.calorimeter import Calorimeter
from simulators.cosmology import Cosmology
from simulators.gaussian_ring import GaussianRing
from simulators.ising import Ising
from simulators.protocol import (
    Axis,
    Condition,
    Conditions,
    Field,
    Progress,
    Relaxing,
    Samples,
    Simulator,
)
from simulators.turbulence import Turbulence

__all__ = [
    "SIMULATORS",
    "Axis",
    "Calorimeter",
    "Condition",
    "Conditions",
    "Cosmology",
    "Field",
    "GaussianRing",
    "Ising",
    "Progress",
    "Relaxing",
    "Samples",
    "Simulator",
    "Turbulence",
]

SIMULATORS: dict[str, type] = {
    "ising": Ising,
    "calorimeter": Calorimeter,
    "gaussian-ring": GaussianRing,
    "turbulence": Turbulence,
    "cosmology": Cosmology,
}
"""Simulator name -> class."""
