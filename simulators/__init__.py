"""Reference simulators of physics: conditions in, samples out."""

from simulators.protocol import Axis, Condition, Conditions, Field, Progress, Samples, Simulator

__all__ = ["Axis", "Condition", "Conditions", "Field", "Progress", "Samples", "Simulator"]
