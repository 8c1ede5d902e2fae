"""Simulators by name."""

from simulators.calorimeter import Calorimeter
from simulators.cosmology import Cosmology
from simulators.gaussian_ring import GaussianRing
from simulators.ising import Ising
from simulators.turbulence import Turbulence

__all__ = ["SIMULATORS", "Calorimeter", "Cosmology", "GaussianRing", "Ising", "Turbulence"]

SIMULATORS: dict[str, type] = {
    "ising": Ising,
    "calorimeter": Calorimeter,
    "gaussian-ring": GaussianRing,
    "turbulence": Turbulence,
    "cosmology": Cosmology,
}
"""Simulator name -> class."""
