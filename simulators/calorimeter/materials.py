"""Materials: composition, density and what follows from them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from simulators.calorimeter import elements
from simulators.calorimeter.constants import AVOGADRO, CLASSICAL_RADIUS, HBAR_C

__all__ = ["MATERIALS", "Material", "Sternheimer", "material"]


@dataclass(frozen=True)
class Sternheimer:
    """Parameters of the density-effect correction (Sternheimer, Berger, Seltzer 1984)."""

    minus_c: float
    x0: float
    x1: float
    a: float
    m: float
    delta0: float = 0.0


@dataclass(frozen=True)
class Material:
    """A homogeneous mixture of elements.

    Args:
        name: words for tables.
        density: g/cm^3.
        fractions: mass fraction of each element by chemical symbol, summing to one.
        excitation_ev: mean excitation energy; by default Bragg additivity of the elements'.
        density_effect: tabulated parameters; by default the general formula of Sternheimer and
            Peierls (Phys. Rev. B 3, 3681 (1971)) for condensed matter or gas.

    Raises:
        ValueError: for a density or fractions that make no matter.
    """

    name: str
    density: float
    fractions: Mapping[str, float] = field(hash=False)
    excitation_ev: float | None = None
    density_effect: Sternheimer | None = None

    def __post_init__(self) -> None:
        if not self.density > 0 or not math.isfinite(self.density):
            raise ValueError(f"expected density > 0 g/cm^3 for {self.name}; got {self.density:g}")
        total = sum(self.fractions.values())
        if not self.fractions or min(self.fractions.values()) <= 0 or abs(total - 1) > 0.01:
            raise ValueError(
                f"expected positive mass fractions summing to 1 for {self.name}; got {total:g}"
            )
        for symbol in self.fractions:
            elements.symbol_to_z(symbol)

    @cached_property
    def atoms(self) -> tuple[tuple[int, float], ...]:
        """(Z, atoms per mm^3) of each element."""
        total = sum(self.fractions.values())
        numbers = []
        for symbol, fraction in self.fractions.items():
            z = elements.symbol_to_z(symbol)
            per_cm3 = self.density * fraction / total * AVOGADRO / elements.atomic_mass(z)
            numbers.append((z, per_cm3 * 1e-3))
        return tuple(numbers)

    @cached_property
    def electron_density(self) -> float:
        """Electrons per mm^3."""
        return sum(z * n for z, n in self.atoms)

    @cached_property
    def effective_z(self) -> float:
        """Mean atomic number per atom, the Z of multiple scattering."""
        return self.electron_density / sum(n for _, n in self.atoms)

    @cached_property
    def mean_excitation(self) -> float:
        """Mean excitation energy in MeV."""
        if self.excitation_ev is not None:
            return self.excitation_ev * 1e-6
        total = sum(n * z * math.log(elements.excitation_energy_ev(z)) for z, n in self.atoms)
        return math.exp(total / self.electron_density) * 1e-6

    @cached_property
    def radiation_length(self) -> float:
        """X0 in mm (Tsai, Rev. Mod. Phys. 46, 815 (1974))."""
        per_gram = 0.0
        for z, n in self.atoms:
            fraction = n * 1e3 * elements.atomic_mass(z) / AVOGADRO / self.density
            per_gram += fraction * elements.inverse_radiation_length(z)
        return 10.0 / (per_gram * self.density)

    @cached_property
    def plasma_energy(self) -> float:
        """Hbar omega_p in MeV."""
        return HBAR_C * math.sqrt(4 * math.pi * self.electron_density * CLASSICAL_RADIUS)

    @cached_property
    def sternheimer(self) -> Sternheimer:
        """Density-effect parameters, tabulated or by the general formula."""
        if self.density_effect is not None:
            return self.density_effect
        minus_c = 1.0 + 2.0 * math.log(self.mean_excitation / self.plasma_energy)
        return _general_formula(minus_c, self.mean_excitation, gas=self.density < 0.02)

    def density_correction(self, beta_gamma: np.ndarray) -> np.ndarray:
        """Delta of the Bethe formula, shape of `beta_gamma`."""
        s = self.sternheimer
        x = np.log10(np.maximum(beta_gamma, 1e-9))
        full = 2 * math.log(10) * x - s.minus_c
        middle = full + s.a * np.maximum(s.x1 - x, 0.0) ** s.m
        low = s.delta0 * 10 ** (2 * np.minimum(x - s.x0, 0.0))
        return np.where(x >= s.x1, full, np.where(x >= s.x0, middle, low))


def _general_formula(minus_c: float, excitation: float, gas: bool) -> Sternheimer:
    if gas:
        steps = [(10.0, 1.6, 4.0), (10.5, 1.7, 4.0), (11.0, 1.8, 4.0), (11.5, 1.9, 4.0)]
        steps += [(12.25, 2.0, 4.0), (13.804, 2.0, 5.0)]
        x0, x1 = next(((a, b) for c, a, b in steps if minus_c < c), (0.326 * minus_c - 2.5, 5.0))
    elif excitation < 100e-6:
        x1 = 2.0
        x0 = 0.2 if minus_c < 3.681 else 0.326 * minus_c - 1.0
    else:
        x1 = 3.0
        x0 = 0.2 if minus_c < 5.215 else 0.326 * minus_c - 1.5
    a = (minus_c - 2 * math.log(10) * x0) / (x1 - x0) ** 3
    return Sternheimer(minus_c, x0, x1, a, 3.0)


def _element(
    name: str, symbol: str, density: float, effect: tuple[float, float, float, float, float, float]
) -> Material:
    return Material(name, density, {symbol: 1.0}, density_effect=Sternheimer(*effect))


# Densities, compositions and excitation energies: PDG and NIST; density effect: R. M. Sternheimer,
# M. J. Berger, S. M. Seltzer, At. Data Nucl. Data Tables 30, 261 (1984).
MATERIALS: dict[str, Material] = {
    "Pb": _element("lead", "Pb", 11.35, (6.2018, 0.3776, 3.8073, 0.09359, 3.1608, 0.14)),
    "W": _element("tungsten", "W", 19.3, (5.4059, 0.2167, 3.4960, 0.15509, 2.8447, 0.14)),
    "Cu": _element("copper", "Cu", 8.96, (4.4190, -0.0254, 3.2792, 0.14339, 2.9044, 0.08)),
    "Fe": _element("iron", "Fe", 7.874, (4.2911, -0.0012, 3.1531, 0.14680, 2.9632, 0.12)),
    "LAr": _element("liquid argon", "Ar", 1.396, (5.2146, 0.2000, 3.0000, 0.19559, 3.0000, 0.0)),
    "Si": _element("silicon", "Si", 2.33, (4.4351, 0.2014, 2.8715, 0.14921, 3.2546, 0.14)),
    "polystyrene": Material(
        "polystyrene",
        1.06,
        {"H": 0.077418, "C": 0.922582},
        68.7,
        Sternheimer(3.2999, 0.1647, 2.5031, 0.16454, 3.2224, 0.0),
    ),
    "PbWO4": Material("lead tungstate", 8.28, {"O": 0.140637, "W": 0.404013, "Pb": 0.455350}),
    "air": Material(
        "dry air",
        1.20479e-3,
        {"C": 0.000124, "N": 0.755267, "O": 0.231781, "Ar": 0.012827},
        85.7,
        Sternheimer(10.5961, 1.7418, 4.2759, 0.10914, 3.3994, 0.0),
    ),
    "water": Material(
        "water",
        1.0,
        {"H": 0.111894, "O": 0.888106},
        78.0,
        Sternheimer(3.5017, 0.2400, 2.8004, 0.09116, 3.4773, 0.0),
    ),
}


def material(name: str | Material) -> Material:
    """Look up a material by name, or pass one through.

    Raises:
        ValueError: for a name that is not in `MATERIALS`.
    """
    if isinstance(name, Material):
        return name
    if name not in MATERIALS:
        known = ", ".join(MATERIALS)
        raise ValueError(
            f"expected a material among {known}; got {name!r}; pass a Material for a mixture"
        )
    return MATERIALS[name]
