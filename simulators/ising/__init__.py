"""The two-dimensional Ising model and its exact solutions."""

from simulators.ising import exact
from simulators.ising.model import Ising

__all__ = ["Ising", "exact"]
