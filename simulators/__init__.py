"""Reference simulators of physics: conditions in, samples out."""

from simulators.calorimeter import Calorimeter
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

__all__ = [
    "SIMULATORS",
    "Axis",
    "Calorimeter",
    "Condition",
    "Conditions",
    "Field",
    "Ising",
    "Progress",
    "Relaxing",
    "Samples",
    "Simulator",
]

SIMULATORS: dict[str, type] = {"ising": Ising, "calorimeter": Calorimeter}
