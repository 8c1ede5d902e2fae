"""Tiny conformant datasets, and a simulator that is quick to run and to kill."""

import sys
from pathlib import Path

import numpy as np
import pytest

from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset

sys.path.insert(0, str(Path(__file__).parent))

INFO = DatasetInfo(
    domain="spins",
    fields=(Field("spins", "1", ("row", "column"), "spin", "int8"),),
    conditions=(Condition("temperature", "J/k_B", 1.0, 4.0, "linear", "temperature"),),
    grid=(Axis("column", "sites", (0.0, 1.0, 2.0, 3.0)), Axis("row", "sites", (0.0, 1.0))),
    simulator="tiny",
    simulator_version="1",
    parameters={"size": 4},
    seed=7,
)
COUNT = 40


@pytest.fixture
def info() -> DatasetInfo:
    return INFO


@pytest.fixture
def samples(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"spins": rng.choice(np.array([-1, 1], np.int8), size=(COUNT, 2, 4))}


@pytest.fixture
def conditions(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"temperature": rng.uniform(1, 4, COUNT)}


@pytest.fixture
def splits() -> dict[str, np.ndarray]:
    return {"train": np.arange(0, 30), "validation": np.arange(30, 35), "test": np.arange(35, 40)}


@pytest.fixture
def tiny(tmp_path: Path, samples, conditions, info, splits) -> Path:
    """A conformant file of 40 samples."""
    path = tmp_path / "tiny.h5"
    write_dataset(path, samples, conditions, info, splits)
    return path


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an untrained generator of 4 x 4 lattices."""
    import jax
    from flax import nnx

    from physgan.domains.spins import Spins
    from physgan.surrogates import Description, NetworkSampler, Surrogate

    network = {
        "network": "spin-hierarchy",
        "ranges": [[1.5, 3.5, "linear"]],
        "width": 4,
        "depth": 1,
        "embedding": 8,
        "size": 4,
    }
    description = Description(
        method="gan",
        domain="spins",
        size=4,
        conditions=(Condition("temperature", "J/k_B", 1.5, 3.5),),
        fields=INFO.fields,
        grid=(),
        simulator="ising",
        simulator_version="1",
        parameters={"size": 4, "field": 0.0},
        network=network,
    )
    generator = Spins().build_generator(network, {}, 3)
    parameters = jax.device_get(nnx.to_pure_dict(nnx.split(generator)[1]))
    folder = tmp_path_factory.mktemp("untrained")
    Surrogate(description, NetworkSampler(description, parameters)).save(folder)
    return folder
