"""A small dataset of exact lattices."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from exact_torus import TEMPERATURES, all_lattices, boltzmann

from physgan.data import Condition, DatasetInfo, Field, write_dataset


@pytest.fixture(scope="session")
def exact_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    lattices = all_lattices()
    drawn = [
        lattices[rng.choice(len(lattices), 320, p=boltzmann(lattices, t))] for t in TEMPERATURES
    ]
    order = rng.permutation(8_000)
    spins = np.concatenate(drawn)[order]
    temperatures = np.repeat(TEMPERATURES, 320)[order]
    info = DatasetInfo(
        domain="spins",
        fields=(Field("spins", "1", ("row", "column"), "spin", "int8"),),
        conditions=(Condition("temperature", "J/k_B", 1.8, 3.0),),
        simulator="ising",
        simulator_version="exact",
        parameters={"size": 4, "field": 0.0},
        seed=0,
    )
    path = tmp_path_factory.mktemp("exact") / "ising-4.h5"
    splits = {"train": np.arange(6_000), "validation": np.arange(6_000, 8_000)}
    write_dataset(path, {"spins": spins}, {"temperature": temperatures}, info, splits)
    return path
