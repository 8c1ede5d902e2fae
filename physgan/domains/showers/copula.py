"""The classical baseline of showers: a copula of cells, layer energies and the total."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from physgan.domains.base import Described, Samples
from physgan.domains.copula import LayeredCopula
from physgan.domains.showers.geometry import CellGeometry, geometry_of
from physgan.domains.showers.observables import energy_name
from physgan.errors import InputError
from simulators.protocol import Condition

__all__ = ["ShowerCopula"]


class ShowerCopula(LayeredCopula):
    """A `LayeredCopula` whose cells are measured relative to the incident energy.

    That is the first condition which is an energy; without one they are measured in MeV.
    """

    summary: ClassVar[str] = "Gaussian copula of cells, layer energies and the total; no network"
    field: ClassVar[str] = "deposits"

    @classmethod
    def layers_of(cls, source: Described) -> CellGeometry:
        """The cells of the detector."""
        return geometry_of(source)

    @classmethod
    def units(
        cls, schema: Sequence[Condition], conditions: Mapping[str, np.ndarray], count: int
    ) -> np.ndarray:
        """The incident energy."""
        name = energy_name(schema)
        return conditions[name] if name else np.ones(count)

    @classmethod
    def measured(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, float]:
        """See `LayeredCopula.measured`.

        Raises:
            InputError: for no energy at all, or no condition.
        """
        if not source.conditions:
            raise InputError("expected a condition such as energy_mev; got none")
        if not (samples[cls.field] > 0).any():
            raise InputError("expected showers with energy; got zeros only")
        return super().measured(source, samples, conditions, rng)
