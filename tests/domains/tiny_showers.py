"""Detectors of a few cells, described as datasets describe them."""

from typing import Any

import numpy as np

from physgan.data import Axis, Condition, DatasetInfo, Field

RAGGED = """<Bins>
  <Bin pid="22" name="photon">
    <Layer id="0" r_edges="0,5,10,30" n_bin_alpha="1"/>
    <Layer id="1" r_edges="0,2,6" n_bin_alpha="10"/>
    <Layer id="2" r_edges="0" n_bin_alpha="1"/>
    <Layer id="3" r_edges="0,8" n_bin_alpha="4"/>
    <Layer id="12" r_edges="0" n_bin_alpha="1"/>
  </Bin>
</Bins>
"""
RAGGED_CELLS = 3 + 20 + 4
ENERGY = Condition("energy_mev", "MeV", 1.0, 1e4, "log")


def described(grid: dict[str, Any], *conditions: Condition, **parameters: object) -> DatasetInfo:
    """Showers whose axes are those of the grid, axis name -> values."""
    return DatasetInfo(
        "showers",
        (Field("deposits", "MeV", tuple(grid), "energy", "float32"),),
        conditions or (ENERGY,),
        tuple(Axis(name, "1", tuple(map(float, values))) for name, values in grid.items()),
        parameters=parameters,
    )


def cylinder(layers: int, sectors: int, rings: tuple[float, ...]) -> DatasetInfo:
    angles = np.linspace(-np.pi, np.pi, sectors + 1)
    return described({"layer": range(layers), "alpha": angles, "r": rings})


def ragged() -> DatasetInfo:
    return described({"cell": range(RAGGED_CELLS)}, binning=RAGGED)
