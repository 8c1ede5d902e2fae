"""Two-dimensional turbulence on a beta plane, from isotropic eddies to zonal jets."""

from simulators.turbulence.model import Turbulence

__all__ = ["Turbulence"]
