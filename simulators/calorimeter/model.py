"""The calorimeter as a simulator: conditions in, showers out."""

import math
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simulators._inputs import condition_arrays, whole_number
from simulators._workers import Task, concurrently
from simulators.calorimeter.cells import cells_from_json
from simulators.calorimeter.constants import HIGHEST_ENERGY, LOWEST_ENERGY
from simulators.calorimeter.geometry import Slab, build, slabs_from_json
from simulators.calorimeter.layout import COUNTS, ELECTRON, OUTSIDE, PHOTON, POSITRON, WAYS
from simulators.calorimeter.materials import MATERIALS, Material
from simulators.html import NotebookTable
from simulators.protocol import Axis, Condition, Conditions, Field, Progress, Samples

if TYPE_CHECKING:
    from simulators.calorimeter.tables import Physics

__all__ = ["Calorimeter", "Statistics"]

KINDS = {22: PHOTON, 11: ELECTRON, -11: POSITRON}
MOST_CELLS = 2**24
PARTICLES = {"gamma": 22, "e-": 11, "e+": -11}

CONDITIONS = {
    "energy_mev": Condition(
        "energy_mev", "MeV", LOWEST_ENERGY, HIGHEST_ENERGY, "log", "kinetic energy"
    ),
    "particle": Condition("particle", "1", -11, 22, "linear", "PDG code: 11, -11 or 22"),
    "x_mm": Condition("x_mm", "mm", -1e5, 1e5, "linear", "impact point"),
    "y_mm": Condition("y_mm", "mm", -1e5, 1e5, "linear", "impact point"),
    "theta": Condition("theta", "rad", 0.0, 1.5, "linear", "angle to the stack's axis"),
    "phi": Condition("phi", "rad", -math.pi, math.pi, "linear", "azimuth of the direction"),
}
DEFAULTS = {"x_mm": 0.0, "y_mm": 0.0, "theta": 0.0, "phi": 0.0}
DEFAULT_STACK = ({"layers": 50, "absorber": "Pb", "absorber_mm": 2.3, "gap": "LAr", "gap_mm": 5.7},)
DEFAULT_CELLS = {"r_mm": (0, 2, 5, 10, 16, 25, 40, 70, 283), "alpha": 12}


class Statistics(NamedTuple):
    """What happened in each event, besides deposits.

    Attributes:
        counts: shape (n, 5): steps of electrons and positrons, steps of photons, secondary
            electrons, positrons, photons.
        lengths: shape (n, 2, layers): path of charged particles and of photons, mm.
    """

    counts: np.ndarray
    lengths: np.ndarray


class Calorimeter(NotebookTable):
    """Electromagnetic showers in a stack of slabs, every secondary followed.

    Monte Carlo transport of electrons, positrons and photons at the level of Geant4's standard
    electromagnetic physics: condensed steps with Urban's multiple scattering and fluctuating
    restricted losses, delta rays, bremsstrahlung with the LPM effect, annihilation, pair
    production, Compton scattering and the photoelectric effect.

    Deposits and leakage add up to the incident kinetic energy, plus twice the electron's mass for
    a positron. The mean longitudinal profile is close to a gamma distribution in t = depth/X0,
    with its maximum near ln(E/E_c) - 0.5 for electrons and + 0.5 for photons, and about 90 percent
    of the energy is within one Moliere radius (PDG, Passage of particles through matter). The
    relative width of the sampled energy falls as 1/sqrt(E).

    Args:
        slabs: the stack from front to back: `Slab`s, or their JSON form, or whole stacks such as
            {"layers": 50, "absorber": "Pb", "absorber_mm": 2.3, "gap": "LAr", "gap_mm": 5.7}
            and {"layers": 20, "medium": "PbWO4", "depth_mm": 230}. Default: the first of these.
        cells: {"r_mm": edges, "alpha": sectors} or {"x_mm": edges, "y_mm": edges} of every
            layer, around the middle of the stack, mm. Default: 8 rings to 283 mm, 12 sectors.
        width_mm: full width of the stack in x and y, mm; default 400.
        particle: "e-" (default), "e+" or "gamma".
        range_cut_mm: delta rays and bremsstrahlung photons are made if they would go farther, mm;
            default 0.7.
        threshold_mev: cells below it read zero; their energy counts as leakage "unread", MeV;
            default 0.
        vary: conditions besides the energy that `sample` expects; the others are particle
            `particle`, on the axis, along it. Default: none.
        materials: mixtures, name -> {"density": g/cm^3, "fractions": {symbol: mass share}};
            default none.

    Raises:
        ValueError: for an unknown material, thickness or cell that is not positive, and such.

    Good values: 10 MeV to 1 TeV, cuts from 0.05 to 1 mm.
    Breaks when: below some 10 keV, where shells and coherent scattering matter; in magnetic
        fields; for hadrons from photonuclear reactions (half a percent of showers' energy).
    """

    name = "calorimeter"
    version = "1"
    domain = "showers"
    block_size = 1
    independence = "one shower"

    def __init__(
        self,
        slabs: Sequence[Mapping[str, Any] | Slab] = DEFAULT_STACK,
        cells: Mapping[str, Any] = DEFAULT_CELLS,
        width_mm: float = 400.0,
        particle: str = "e-",
        range_cut_mm: float = 0.7,
        threshold_mev: float = 0.0,
        vary: Sequence[str] = (),
        materials: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        mixtures = {key: Material(key, **value) for key, value in (materials or {}).items()}
        self.slabs = tuple(_resolved(slab, mixtures) for slab in slabs_from_json(slabs))
        self._geometry, self.materials = build(self.slabs, float(width_mm))
        self.layers = int(self._geometry.layer.max()) + 1
        if self.layers < 1:
            raise ValueError("expected a layer number >= 0 on some slab; got only dead matter")
        self._cells, axes, described = cells_from_json(cells)
        if self.layers * self._cells.per_layer > MOST_CELLS:
            raise ValueError(
                f"expected at most {MOST_CELLS} cells; got {self.layers} layers of "
                f"{self._cells.per_layer}"
            )
        if particle not in PARTICLES:
            raise ValueError(f"expected particle e-, e+ or gamma; got {particle!r}")
        if not (math.isfinite(range_cut_mm) and range_cut_mm >= 1e-3):
            raise ValueError(f"expected range_cut_mm >= 0.001; got {range_cut_mm:g}")
        if not (math.isfinite(threshold_mev) and threshold_mev >= 0):
            raise ValueError(f"expected threshold_mev >= 0; got {threshold_mev:g}")
        unknown = [name for name in vary if name not in CONDITIONS or name == "energy_mev"]
        if unknown:
            raise ValueError(
                f"expected vary among {', '.join(list(CONDITIONS)[1:])}; got {unknown[0]!r}"
            )
        self.particle, self.range_cut_mm = particle, float(range_cut_mm)
        self.threshold_mev, self.vary = float(threshold_mev), tuple(vary)
        self.conditions = tuple(CONDITIONS[name] for name in ("energy_mev", *self.vary))
        names = tuple(axis.name for axis in axes)
        self.fields = (
            Field("deposits", "MeV", ("layer", *names), "energy in the active cells", "float32"),
            Field("absorber", "MeV", ("layer",), "energy in the absorbers", "float32"),
            Field("leakage", "MeV", ("way",), "front, back, side, unread", "float32"),
        )
        numbers = Axis("layer", "1", tuple(float(i) for i in range(self.layers)))
        self.grid = (numbers, *axes, Axis("way", "1", (0.0, 1.0, 2.0, 3.0)))
        self.parameters: dict[str, Any] = {
            "slabs": [_described(entry) for entry in slabs],
            "cells": described,
            "width_mm": float(width_mm),
            "particle": particle,
            "range_cut_mm": self.range_cut_mm,
            "threshold_mev": self.threshold_mev,
            "vary": list(self.vary),
        }
        if materials:
            self.parameters["materials"] = {k: dict(v) for k, v in materials.items()}
        self._physics: Physics | None = None

    def __repr__(self) -> str:
        stack = " + ".join(dict.fromkeys(material.name for material in self.materials))
        return f"Calorimeter({len(self.slabs)} slabs of {stack}, {self.layers} layers)"

    @property
    def physics(self) -> "Physics":
        """Tables of all materials, built at first use."""
        if self._physics is None:
            from simulators.calorimeter import tables  # imports scipy and numba

            self._physics = tables.build(self.materials, self.range_cut_mm)
        return self._physics

    @property
    def cell_shape(self) -> tuple[int, ...]:
        """Shape of a layer's cells: (alpha, r) or (x, y)."""
        last = len(self._cells.edges) - 1
        return (self._cells.per_layer // last, last)

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """Simulate showers.

        Args:
            conditions: "energy_mev" and those named in `vary`, numbers or shape (count,).
            count: number of events.
            seed: the run, a whole number >= 0.
            first_event: number of the first event; an event is a function of (seed, its
                number, its conditions).
            progress: called with (done, count).

        Returns:
            {"deposits": float32 (count, layers, cells...), "absorber": float32 (count, layers),
            "leakage": float32 (count, 4)}, MeV.

        Raises:
            ValueError: for a condition that is missing, unknown, out of range or of wrong length.

        Example:
            >>> from simulators import Calorimeter
            >>> Calorimeter().sample({"energy_mev": 100.0}, 2, seed=1)["deposits"].shape
            (2, 50, 12, 8)
        """
        return self._run(conditions, count, seed, first_event, progress, detailed=False)[0]

    def sample_with_statistics(
        self, conditions: Conditions, count: int, seed: int, *, first_event: int = 0
    ) -> tuple[Samples, Statistics]:
        """As `sample`, with counts of steps and secondaries and with path lengths."""
        return self._run(conditions, count, seed, first_event, None, detailed=True)

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Measure, here and now, the time of one shower on all cores that may be used."""
        known = condition_arrays(conditions, self.conditions, _length(conditions))
        self._run(known, 1 if not known else len(known["energy_mev"]), 0, 0, None, detailed=False)
        count, elapsed = 0, 0.0
        while elapsed < 0.5:
            start = time.perf_counter()
            self._run(known, len(known["energy_mev"]), 1, count, None, detailed=False)
            elapsed += time.perf_counter() - start
            count += len(known["energy_mev"])
        return elapsed / count

    def _run(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        first_event: int,
        progress: Progress | None,
        detailed: bool,
    ) -> tuple[Samples, Statistics]:
        count, seed = whole_number("count", count), whole_number("seed", seed)
        first_event = whole_number("first_event", first_event)
        tracks = self._tracks(condition_arrays(conditions, self.conditions, count), count)
        deposits = np.zeros((count, self.layers * self._cells.per_layer), np.float32)
        absorber = np.zeros((count, self.layers), np.float32)
        leakage = np.zeros((count, WAYS), np.float32)
        rows = count if detailed else 0
        statistics = Statistics(np.zeros((rows, COUNTS)), np.zeros((rows, 2, self.layers)))
        outputs = (deposits, absorber, leakage, *statistics)
        done = 0
        for made in concurrently(self._tasks(tracks, seed, first_event, outputs)):
            done += made
            if progress is not None:
                progress(done, count)
        samples = {
            "deposits": deposits.reshape(count, self.layers, *self.cell_shape),
            "absorber": absorber,
            "leakage": leakage,
        }
        return samples, statistics

    def _tracks(self, conditions: Mapping[str, np.ndarray], count: int) -> np.ndarray:
        """Incident tracks, shape (count, 8)."""
        values = {**{k: np.full(count, v) for k, v in DEFAULTS.items()}, **conditions}
        codes = values.get("particle", np.full(count, PARTICLES[self.particle]))
        if not np.all(np.isin(codes, list(KINDS))):
            bad = codes[~np.isin(codes, list(KINDS))][0]
            raise ValueError(f"expected particle 11, -11 or 22 (PDG code); got {bad:g}")
        half = self._geometry.half_width
        for name in ("x_mm", "y_mm"):
            if np.any(np.abs(values[name]) >= half):
                bad = values[name][np.abs(values[name]) >= half][0]
                raise ValueError(
                    f"expected {name} within the front face, below {half:g} mm; got {bad:g}"
                )
        tracks = np.zeros((count, 8))
        tracks[:, 0], tracks[:, 1] = values["x_mm"], values["y_mm"]
        sine = np.sin(values["theta"])
        tracks[:, 3] = sine * np.cos(values["phi"])
        tracks[:, 4] = sine * np.sin(values["phi"])
        tracks[:, 5] = np.cos(values["theta"])
        tracks[:, 6] = values["energy_mev"]
        tracks[:, 7] = [KINDS[int(code)] for code in codes]
        return tracks

    def _tasks(
        self, tracks: np.ndarray, seed: int, first_event: int, outputs: tuple[np.ndarray, ...]
    ) -> list[Task]:
        """Pieces of work of about 20 GeV each, for threads to share."""
        work = np.cumsum(tracks[:, 6] + 20.0)
        marks = np.arange(2e4, work[-1] if len(work) else 0.0, 2e4)
        edges = sorted({0, len(tracks), *np.searchsorted(work, marks).tolist()})
        return [
            self._task(slice(low, high), tracks, seed, first_event, outputs)
            for low, high in pairwise(edges)
        ]

    def _task(
        self,
        part: slice,
        tracks: np.ndarray,
        seed: int,
        first_event: int,
        outputs: tuple[np.ndarray, ...],
    ) -> Task:
        from simulators.calorimeter.transport import run_events  # imports numba

        physics, geometry, cells = self.physics, self._geometry, self._cells

        def work() -> int:
            run_events(
                seed, first_event + part.start, tracks[part], physics, geometry, cells,
                *(output[part] for output in outputs),
            )  # fmt: skip
            self._apply_threshold(outputs[0][part], outputs[2][part])
            return part.stop - part.start

        return work

    def _apply_threshold(self, deposits: np.ndarray, leakage: np.ndarray) -> None:
        """Deposits below the threshold, or below zero by rounding, become leakage."""
        low = deposits < self.threshold_mev
        leakage[:, OUTSIDE] += np.where(low, deposits, 0.0).sum(1, dtype=np.float64)
        deposits[low] = 0.0


def _resolved(slab: Slab, mixtures: Mapping[str, Material]) -> Slab:
    if isinstance(slab.material, str) and slab.material in mixtures:
        return Slab(mixtures[slab.material], slab.thickness, slab.layer, slab.active)
    if isinstance(slab.material, str) and slab.material not in MATERIALS:
        known = ", ".join((*MATERIALS, *mixtures))
        raise ValueError(
            f"expected a material among {known}; got {slab.material!r}; "
            "name a mixture in `materials`"
        )
    return slab


def _described(entry: Mapping[str, Any] | Slab) -> dict[str, Any]:
    if not isinstance(entry, Slab):
        return dict(entry)
    name = entry.material if isinstance(entry.material, str) else entry.material.name
    return {
        "material": name,
        "thickness": entry.thickness,
        "layer": entry.layer,
        "active": entry.active,
    }


def _length(conditions: Conditions) -> int:
    return max((np.size(np.asarray(value)) for value in conditions.values()), default=1)
