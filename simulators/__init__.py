"""Reference simulators of physics: conditions in, samples out.

The simulators themselves are loaded when first used: they bring JAX, Numba and tables of materials.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from simulators.registry import (
        SIMULATORS,
        Calorimeter,
        Cosmology,
        GaussianRing,
        Ising,
        Turbulence,
    )

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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'simulators' has no attribute {name!r}")
    return getattr(import_module("simulators.registry"), name)


def __dir__() -> list[str]:
    return __all__
