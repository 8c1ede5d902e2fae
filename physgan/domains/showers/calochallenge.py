"""The CaloChallenge's format: one HDF5 file of showers and the XML file of their binning.

`incident_energies` (N, 1) and `showers` (N, V) are in MeV, with the cells of a shower in the order
layer, then alpha, then r. The XML lists the rings and the number of sectors of every layer.
Arrays are written in float64, as the Challenge's own are: its evaluation script trains a network in
float64 on them, and its classifiers stop at float32. Files of either type are read.
C. Krause et al., CaloChallenge 2022, arXiv:2410.21611.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from physgan.data.checks import check_array, check_links
from physgan.data.dataset import open_dataset
from physgan.data.files import sha256_of, write_atomically
from physgan.data.hdf5 import opened
from physgan.data.manifest import Manifest
from physgan.data.recipes import check_splits
from physgan.data.schema import Axis, Condition, DatasetInfo, Field
from physgan.data.sharded import write_events
from physgan.data.writer import first_bad_row, image_of, new_file
from physgan.domains.showers.binning import Binning
from physgan.domains.showers.importer import IMPORTER
from physgan.errors import InputError
from simulators.protocol import Progress
from simulators.units import convert

__all__ = ["export_calochallenge", "import_calochallenge"]

PARTICLES = {"e-": (11, "electron"), "e+": (-11, "positron"), "gamma": (22, "photon")}
IMPORT_SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SHARD_BYTES = 8 * 2**20


def export_calochallenge(
    data: str | os.PathLike[str], out: str | os.PathLike[str], *, progress: Progress | None = None
) -> dict[str, Any]:
    """Write a dataset of showers as `out` (HDF5) and the XML file beside it.

    The compressed file is made in memory.

    Returns:
        {"path", "binning", "events", "cells", "left_out"}: the last are conditions that the format
        has no place for.

    Raises:
        InputError: for a dataset without `deposits` in layers, alpha and r, or without an incident
            energy.
        PhysganError: if the disk is full.
    """
    dataset, path = open_dataset(data), Path(out)
    binning, energy = _binning_of(dataset.info), _energy_of(dataset.info)
    rows = max(1, SHARD_BYTES // dataset.row_bytes)
    with new_file() as file:
        energies = file.create_dataset("incident_energies", (len(dataset), 1), np.float64)
        showers = file.create_dataset(
            "showers", (len(dataset), binning.cells), np.float64, compression="gzip"
        )
        for start in range(0, len(dataset), rows):
            stop = min(start + rows, len(dataset))
            samples, conditions = dataset.read(start=start, stop=stop)
            energies[start:stop, 0] = convert(conditions[energy.name], energy.unit, "MeV")
            showers[start:stop] = samples["deposits"].reshape(stop - start, -1)
            if progress is not None:
                progress(stop, len(dataset))
        image = image_of(file)
    xml = path.with_suffix(".xml")
    write_atomically(path, image)
    write_atomically(xml, binning.to_xml())
    return {
        "path": str(path),
        "binning": str(xml),
        "events": len(dataset),
        "cells": binning.cells,
        "left_out": [c.name for c in dataset.info.conditions if c.name != energy.name],
    }


def import_calochallenge(
    showers: str | os.PathLike[str],
    binning: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    pid: int | None = None,
    splits: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Turn the pair of files into a dataset.

    Layers with the same binning give axes layer, alpha, r. Others give one axis of cells, with the
    binning among the dataset's parameters.

    Args:
        showers: HDF5 file.
        binning: XML file.
        out: a name ending in .h5 for one file (1 GiB at most), else a folder of shards.
        pid: PDG code of the particle, if the XML file has several.
        splits: split name -> share of the events; 0.8, 0.1 and 0.1 by default.
        progress: called with (events done, count).

    Raises:
        InputError: if the files are not of this format or do not fit each other.
    """
    cells = Binning.from_xml(Path(binning).read_text(encoding="utf-8"), pid)
    shares = dict(IMPORT_SPLITS if splits is None else splits)
    check_splits(shares)
    with opened(Path(showers)) as file:
        count = _checked_count(file, cells, Path(showers))
        energies = np.asarray(file["incident_energies"][:, 0], np.float64)
    if not np.all(np.isfinite(energies) & (energies > 0)):
        row = int(np.argmin(np.isfinite(energies) & (energies > 0)))
        raise InputError(f"expected positive incident_energies; got {energies[row]} in row {row}")
    info = _info_of(cells, energies)
    shape = tuple(len(axis.values) - (axis.name in {"alpha", "r"}) for axis in info.grid)

    def produce(first: int, number: int, report: Progress) -> tuple[dict, dict]:
        with opened(Path(showers)) as file:
            values = np.asarray(file["showers"][first : first + number], np.float32)
        if (row := first_bad_row(values)) >= 0:
            raise InputError(
                f"expected finite values in showers of {showers}; got NaN or infinity in row "
                f"{first + row}; remove that shower"
            )
        IMPORTER.check_values(values, lambda row: f"row {first + row} of {showers}")
        report(number, number)
        deposits = values.reshape(number, *shape)
        return {"deposits": deposits}, {"energy_mev": energies[first : first + number]}

    definition = {"showers": sha256_of(Path(showers)), "binning": cells.to_xml().decode()}
    manifest: Manifest = write_events(
        out,
        info,
        count,
        produce,
        definition={**definition, "count": count, "splits": shares},
        shard_size=max(1, SHARD_BYTES // (4 * cells.cells)),
        splits=shares,
        progress=progress,
    )
    return {"path": str(out), "events": count, "files": len(manifest.entries), "cells": cells.cells}


def _checked_count(file: h5py.File, cells: Binning, path: Path) -> int:
    check_links(file["/"])
    for name, width in (("incident_energies", 1), ("showers", cells.cells)):
        array = file.get(name)
        shape = array.shape if isinstance(array, h5py.Dataset) else None
        if shape is None or len(shape) != 2 or shape[1] != width:
            raise InputError(
                f"expected {name} of shape (N, {width}) in {path}; got {shape or 'none'}"
            )
        check_array(file[name])
    count = len(file["showers"])
    if count == 0 or len(file["incident_energies"]) != count:
        raise InputError(f"expected one energy for each shower of {path}; got other numbers")
    return count


def _info_of(cells: Binning, energies: np.ndarray) -> DatasetInfo:
    span = (float(energies.min()), float(energies.max()))
    parameters: dict[str, Any] = {"pid": cells.pid, "binning": cells.to_xml().decode()}
    grid = [Axis("cell", "1", tuple(float(i) for i in range(cells.cells)))]
    if cells.regular:
        angles = np.linspace(-np.pi, np.pi, cells.sectors[0] + 1)
        grid = [
            Axis("layer", "1", tuple(float(i) for i in range(len(cells.rings)))),
            Axis("alpha", "rad", tuple(angles.tolist())),
            Axis("r", "mm", cells.rings[0]),
        ]
    return DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", tuple(a.name for a in grid), "energy", "float32"),),
        conditions=(Condition("energy_mev", "MeV", *span, "log", "incident energy"),),
        grid=tuple(grid),
        parameters=parameters,
    )


def _energy_of(info: DatasetInfo) -> Condition:
    """The incident energy among the conditions: the first that is an energy."""
    for condition in info.conditions:
        if condition.kind == "energy":
            return condition
    names = ", ".join(condition.name for condition in info.conditions) or "none"
    raise InputError(f"expected an incident energy among the conditions; got {names}")


def _binning_of(info: DatasetInfo) -> Binning:
    """The binning that a dataset's grid describes."""
    if "binning" in info.parameters:
        return Binning.from_xml(info.parameters["binning"])
    edges: Mapping[str, tuple[float, ...]] = {axis.name: axis.values for axis in info.grid}
    axes = next((field.axes for field in info.fields if field.name == "deposits"), ())
    if axes != ("layer", "alpha", "r"):
        raise InputError(
            f"expected deposits with axes layer, alpha, r; got {', '.join(axes) or 'no deposits'}; "
            "the format has rings and sectors only; physgan export writes other cells"
        )
    pid, name = PARTICLES[info.parameters.get("particle", "e-")]
    layers = len(edges["layer"])
    return Binning(pid, name, (edges["r"],) * layers, (len(edges["alpha"]) - 1,) * layers)
