"""Where cells are: equal layers, and those of the CaloChallenge's data set 1."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_showers import cylinder, described, ragged

from physgan.data import DatasetInfo
from physgan.domains.showers.geometry import geometry_of
from physgan.errors import InputError

RINGS = (0.0, 4.0, 10.0)
GEOMETRIES = {
    "ragged": geometry_of(ragged()),
    "cylinder": geometry_of(cylinder(3, 6, RINGS)),
    "rings": geometry_of(cylinder(3, 1, RINGS)),
    "boxes": geometry_of(described({"layer": (0, 1), "x": (-2, 0, 2), "y": (-3, -1, 1, 3)})),
    "three axes": geometry_of(described({"a": range(3), "b": range(4), "c": range(5)})),
    "two axes": geometry_of(described({"a": range(3), "b": range(5)})),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_there_and_back_to_the_grid(name: str, rng: np.random.Generator) -> None:
    cells = GEOMETRIES[name]
    count = int(np.prod(cells.axes))
    assert len(np.unique(cells.place)) == count == len(cells.place)
    assert cells.place.min() >= 0
    assert cells.place.max() < np.prod(cells.grid)
    deposits = rng.exponential(size=(7, *cells.axes))
    padded = cells.to_grid(deposits)
    assert padded.shape == (7, *cells.grid)
    assert padded.sum() == pytest.approx(deposits.sum())
    np.testing.assert_array_equal(cells.from_grid(padded), deposits)
    flat = padded.reshape(7, -1)
    np.testing.assert_array_equal(flat[:, cells.place], deposits.reshape(7, -1))
    assert cells.radius.shape == cells.eta.shape == cells.phi.shape == (count,)


def test_layers_that_differ() -> None:
    cells = GEOMETRIES["ragged"]
    assert cells.axes == (27,)
    assert cells.grid == (3, 10, 3)  # two layers have no cells
    assert np.bincount(cells.layer).tolist() == [3, 20, 4]
    np.testing.assert_allclose(cells.radius[:3], [2.5, 7.5, 20.0])
    assert not cells.eta[:3].any()  # whole rings lie about the axis
    assert not cells.phi[:3].any()
    angle = -np.pi + (np.arange(10) + 0.5) * np.pi / 5  # cells by alpha, then r
    np.testing.assert_allclose(cells.eta[3:23:2], 1 * np.cos(angle))
    np.testing.assert_allclose(cells.phi[4:23:2], 4 * np.sin(angle))
    np.testing.assert_allclose(cells.radius[3:23], np.tile([1.0, 4.0], 10))
    diagonal = 4 / np.sqrt(2)
    np.testing.assert_allclose(cells.eta[23:], diagonal * np.array([-1, 1, 1, -1]))
    np.testing.assert_allclose(cells.phi[23:], diagonal * np.array([-1, -1, 1, 1]))
    assert not cells.round


def test_cylinders_agree_with_their_binning() -> None:
    layer = '<Layer id="{}" r_edges="0,4,10" n_bin_alpha="6"/>'
    binning = f'<Bin pid="11" name="e">{"".join(layer.format(i) for i in range(3))}</Bin>'
    flat = geometry_of(described({"cell": range(36)}, binning=binning))
    cells = GEOMETRIES["cylinder"]
    assert flat.grid == cells.grid == (3, 6, 2)
    assert flat.round
    assert cells.round
    for name in ("place", "eta", "phi", "radius"):
        np.testing.assert_allclose(getattr(flat, name), getattr(cells, name), atol=1e-12)


def test_whole_rings_lie_about_the_axis() -> None:
    cells = GEOMETRIES["rings"]
    assert not cells.eta.any()
    assert not cells.phi.any()
    np.testing.assert_allclose(cells.radius, np.tile([2.0, 7.0], 3))


def test_boxes_and_plain_arrays() -> None:
    boxes = GEOMETRIES["boxes"]
    np.testing.assert_allclose(boxes.eta[:6], [-1, -1, -1, 1, 1, 1])
    np.testing.assert_allclose(boxes.phi[:6], [-2, 0, 2, -2, 0, 2])
    generic = GEOMETRIES["three axes"]
    assert generic.eta.reshape(3, 4, 5)[1, 2].tolist() == [-2, -1, 0, 1, 2]
    assert generic.phi.reshape(3, 4, 5)[1, :, 3].tolist() == [-1.5, -0.5, 0.5, 1.5]
    assert GEOMETRIES["two axes"].grid == (3, 1, 5)


def test_other_fields_are_refused() -> None:
    with pytest.raises(InputError, match="two or three axes in the grid; got none"):
        geometry_of(DatasetInfo("showers", ()))
    with pytest.raises(InputError, match=r"got \('cell',\)"):
        geometry_of(described({"cell": (0, 1)}))


XML = '<Bins><Bin pid="22" name="photon">{}</Bin></Bins>'
LAYER = '<Layer id="{}" r_edges="{}" n_bin_alpha="{}"/>'
ENTITIES = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
NO_BINNINGS = {
    "entities": (ENTITIES + XML.format("&b;"), "a binning in plain XML without declarations"),
    "no XML": ("{", "expected a CaloChallenge binning; got ParseError"),
    "other cells": (XML.format(LAYER.format(0, "0,1,2", 3)), "expected 5 cells .*; got 6"),
    "two thousand million sectors": (
        XML.format(LAYER.format(0, "0,1", 2 * 10**9)),
        "expected at most 16777216 cells on a common grid of all layers; got 4000000000",
    ),
    "a sparse grid": (
        XML.format(
            LAYER.format(0, "0,1", 5000) + LAYER.format(1, ",".join(map(str, range(5000))), 1)
        ),
        "expected at most 16777216 cells on a common grid of all layers; got 50000000",
    ),
}


@pytest.mark.parametrize("name", NO_BINNINGS)
def test_binnings_that_are_none_are_refused(name: str) -> None:
    text, message = NO_BINNINGS[name]
    source = replace(described({"cell": range(5)}), parameters={"binning": text})
    with pytest.raises(InputError, match=message):
        geometry_of(source)
