"""What several scripts learn from: datasets, and samples that no training sees."""

import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from physgan import Recipe, import_idx, load_recipe, open_dataset, simulate
from physgan.domains import Domain, domain_of
from physgan.errors import InputError

SEED = 0
"""Of all data, and of what is drawn to be judged."""

Sides = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]
"""(samples, conditions)."""

ISING = Recipe(
    name="ising-8",
    simulator="ising",
    parameters={"size": 8},
    conditions={
        "temperature": {"distribution": "grid", "values": np.linspace(1.5, 3.5, 33).tolist()}
    },
    count=16_384,
    splits={"train": 0.9, "validation": 0.1},
)
"""Lattices of 8 x 8 spins at temperatures from 1.5 to 3.5 J/k_B."""
SHOWERS = load_recipe("calo-small")
RING = load_recipe("ring-25")


class Data(NamedTuple):
    """Data of a system.

    Attributes:
        train: path of the dataset for training.
        test: samples that no training sees.
        floor: as many others, for truth against truth.
    """

    train: Path
    test: Sides = ({}, {})
    floor: Sides = ({}, {})

    @property
    def domain(self) -> Domain:
        """The kind of sample."""
        return domain_of(open_dataset(self.train).info)


def simulated(recipe: Recipe, folder: Path, tested: int = 0) -> Data:
    """The recipe's dataset and twice `tested` other samples, each simulated once."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.h5" for name in ("train", "test", "floor")]
    simulate(recipe, paths[0], seed=SEED)
    if not tested:
        return Data(paths[0])
    for number, path in enumerate(paths[1:], 1):
        simulate(recipe, path, count=tested, seed=SEED + number)
    return Data(paths[0], sides(paths[1]), sides(paths[2]))


def sides(path: Path, split: str | None = None, stop: int | None = None) -> Sides:
    """What surrogates learn of a dataset's samples, and the conditions."""
    dataset = open_dataset(path)
    samples, conditions = dataset.read(split, stop=stop)
    name = domain_of(dataset.info).field
    return {name: samples[name]}, conditions


def part_of(recipe: Recipe, training: int, validation: int) -> Recipe:
    """The recipe with so many samples in its two splits."""
    count = training + validation
    splits = {"train": training / count, "validation": validation / count}
    return replace(recipe, count=count, splits=splits)


def digits(folder: Path) -> Data:
    """scikit-learn's 1,797 handwritten digits of 8 x 8 pixels.

    Three in ten are the test; as many of those that training sees are the floor.
    """
    from sklearn.datasets import load_digits

    bundled = load_digits()
    order = np.random.default_rng(SEED).permutation(len(bundled.target))
    pixels = np.round(bundled.images[order] * (255 / 16)).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    images = write_idx(folder / "images.idx", pixels)
    labels = write_idx(folder / "labels.idx", bundled.target[order].astype(np.uint8))
    path, shares = folder / "train.h5", {"train": 0.6, "validation": 0.1, "test": 0.3}
    import_idx(images, path, labels=labels, splits=shares)
    test = sides(path, "test")
    return Data(path, test, sides(path, "train", len(test[1]["label"])))


def write_idx(path: Path, values: np.ndarray) -> Path:
    """Write unsigned bytes as an IDX file."""
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(header + values.tobytes())
    return path


def reference_files(folder: Path | None, *names: str) -> list[Path]:
    """Files that do not come with the project; refused with one line if one is not there."""
    found = [(folder or Path()) / name for name in names]
    if folder is None or not all(path.exists() for path in found):
        raise InputError(
            f"expected {', '.join(names)} in a folder; got {folder}; pass --reference FOLDER"
        )
    return found
