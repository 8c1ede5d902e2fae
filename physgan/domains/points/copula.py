"""The classical baseline of points."""

from typing import ClassVar

from physgan.domains.copula import Copula

__all__ = ["PointCopula"]


class PointCopula(Copula):
    """A copula of the coordinates."""

    field: ClassVar[str] = "points"
