"""The smallest dataset, network and run of every kind: all that the contracts know of the API.

A new domain needs an entry in `DATASETS`, a new method one in `RUNS`, a new simulator one in
`SIMULATIONS`. Until it has one, its contracts fail and say so.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from flax import nnx

from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset
from physgan.domains import DOMAINS, Domain, domain_of
from physgan.errors import InputError
from physgan.methods import METHODS
from physgan.methods import train as train_surrogate
from physgan.networks import GENERATORS, LikelihoodGenerator, build_discriminator
from physgan.surrogates import Surrogate, load
from physgan.surrogates.conditions import condition_matrix
from simulators import SIMULATORS, GaussianRing, Ising

Arrays = Mapping[str, np.ndarray]

COUNT = 128
HELD_OUT = 32
SEED = 1


class Tiny(NamedTuple):
    """A dataset of `COUNT` samples.

    Attributes:
        info: describes it.
        samples: field name -> shape (COUNT, ...).
        conditions: condition name -> shape (COUNT,).
    """

    info: DatasetInfo
    samples: Arrays
    conditions: Arrays

    @property
    def domain(self) -> Domain:
        return domain_of(self.info)

    @property
    def encoded(self) -> np.ndarray:
        """The samples in network space."""
        return self.domain.encode(self.samples)

    @property
    def matrix(self) -> np.ndarray:
        """The conditions as columns, shape (COUNT, c)."""
        return condition_matrix(self.info.conditions, dict(self.conditions), COUNT)

    @property
    def known(self) -> dict[str, Any]:
        """Conditions with what follows from the simulator and the arrays' shapes."""
        geometry = self.domain.geometry(self.samples)
        return {**self.info.parameters, **geometry, **self.conditions}


def _spins() -> Tiny:
    """Lattices in equilibrium, one of them all up and one striped."""
    ising = Ising(8)
    temperature = np.resize(np.linspace(1.8, 3.0, 8), COUNT)
    spins = ising.sample({"temperature": temperature}, COUNT, seed=1)["spins"]
    spins[0], spins[1] = 1, np.where(np.arange(8) % 2, 1, -1)
    info = DatasetInfo(
        "spins", ising.fields, (Condition("temperature", "J/k_B", 1.8, 3.0),), ising.grid,
        ising.name, ising.version, ising.parameters, seed=1,
    )  # fmt: skip
    return Tiny(info, {"spins": spins}, {"temperature": temperature})


def _showers(*transverse: Axis) -> Tiny:
    """Exponential deposits, two cells in five empty; one shower and one layer without any."""
    rng = np.random.default_rng(1)
    energy = np.geomspace(20, 200, COUNT)
    sides = [len(axis.values) - 1 for axis in transverse]
    share = rng.exponential(size=(COUNT, 2, *sides)) * (rng.random((COUNT, 2, *sides)) < 0.6)
    share /= share.sum(tuple(range(1, share.ndim)), keepdims=True)
    deposits = np.where(share > 1e-4, 0.2 * energy[:, None, None, None] * share, 0)
    deposits[0], deposits[1, 1] = 0, 0
    axes = ("layer", *(axis.name for axis in transverse))
    info = DatasetInfo(
        "showers",
        (Field("deposits", "MeV", axes, "energy", "float32"),),
        (Condition("energy_mev", "MeV", 20.0, 200.0, "log"),),
        (Axis("layer", "1", (0.0, 1.0)), *transverse),
        seed=1,
    )
    return Tiny(info, {"deposits": deposits.astype(np.float32)}, {"energy_mev": energy})


def _images(side: int, channels: int, levels: int) -> Tiny:
    """Blobs around random centres, of two labels, in grey levels or not; one picture is black."""
    rng = np.random.default_rng(1)
    label = np.resize([0.0, 1.0], COUNT)
    place = np.arange(side) - side / 2
    row, column = (
        np.exp(-(((place - rng.normal(0, side / 8, (COUNT, 1))) * 4 / side) ** 2)) for _ in "rc"
    )
    colour = rng.uniform(0.3, 1, (COUNT, 1, 1, channels)) / (1 + label)[:, None, None, None]
    values = row[:, :, None, None] * column[:, None, :, None] * colour
    values[0] = 0
    values = np.round(values * (levels or 2**24)) / (levels or 2**24)
    lengths = {"row": side, "column": side, "channel": channels}
    info = DatasetInfo(
        "images",
        (Field("intensities", "1", tuple(lengths), "intensity", "float32"),),
        (Condition("label", "1", 0.0, 1.0),),
        tuple(Axis(name, "1", tuple(map(float, range(n)))) for name, n in lengths.items()),
        parameters={"levels": levels + 1} if levels else {},
        seed=1,
    )
    return Tiny(info, {"intensities": values.astype(np.float32)}, {"label": label})


def _points() -> Tiny:
    """Eight modes on a ring, without conditions."""
    ring = GaussianRing(modes=8, sigma=0.1)
    info = DatasetInfo(
        ring.domain, ring.fields, (), ring.grid, ring.name, ring.version, ring.parameters, seed=1
    )
    return Tiny(info, ring.sample({}, COUNT, seed=1), {})


ALPHA = Axis("alpha", "rad", tuple(np.linspace(-np.pi, np.pi, 5).tolist()))
RINGS = Axis("r", "mm", (0.0, 20.0, 80.0))
SQUARE = tuple(Axis(name, "mm", (-30.0, -10.0, 10.0, 30.0)) for name in ("x", "y"))

DATASETS: dict[str, Callable[[], Tiny]] = {
    "spins": _spins,
    "showers": partial(_showers, ALPHA, RINGS),
    "showers, square cells": partial(_showers, *SQUARE),
    "images": partial(_images, 16, 3, 255),
    "images, 28 x 28": partial(_images, 28, 1, 0),
    "points": _points,
}
"""Name -> dataset. The first word is the domain; its first entry is the one that others use."""

EVERY_GENERATOR = (*GENERATORS, *(name for d in DOMAINS.values() for name in d.generators))
"""Names of all generators, generic ones and those of the domains."""

KINDS = (*DATASETS, *(name for name in DOMAINS if name not in DATASETS))


@cache
def dataset(kind: str) -> Tiny:
    """The tiny dataset of this name."""
    if kind not in DATASETS:
        pytest.fail(f"the domain {kind} has no tiny dataset; add one to DATASETS in {__file__}")
    return DATASETS[kind]()


class Network(NamedTuple):
    """A fresh generator as training makes it.

    Attributes:
        settings: JSON values that build it again.
        parameters: nested dicts of arrays.
        draw: (parameters, noise, conditions) -> samples in network space.
        noise_size: uniform numbers that a sample takes.
        adversarial: whether a discriminator can teach it, by slopes through what it draws.
        objective: (parameters, key, samples, conditions) -> what training on its own lowers, None
            if it needs a discriminator.
        negative_log_likelihood: (parameters, samples, conditions) -> shape (n,), None if unknown.
    """

    settings: dict[str, Any]
    parameters: Any
    draw: Callable[..., jax.Array]
    noise_size: int
    adversarial: bool
    objective: Callable[..., jax.Array] | None
    negative_log_likelihood: Callable[..., jax.Array] | None


@cache
def generator(name: str, kind: str) -> Network | None:
    """The generator of this name for samples of this kind; None if it is not made for them."""
    content = dataset(kind)
    domain = content.domain
    if name not in GENERATORS and name not in domain.generators:
        return None
    own = {getattr(m, "network", ""): m for m in METHODS.values()}.get(name)
    method = own or METHODS["gan"]
    chosen = {
        "generator_width": 4, "discriminator_width": 4, "embedding": 4, "latents": 4,
        "ode_steps": 2, "network": name,
    }  # fmt: skip
    given = {name: value for name, value in chosen.items() if name in method.settings.names()}
    settings = method.settings_of(domain.training(), given)
    try:
        networks = method.build(
            content.info, domain, settings, content.encoded, content.matrix, SEED
        )
    except InputError:
        return None
    model, parameters = networks.model, networks.generator

    def call(name: str) -> Callable[..., jax.Array]:
        return lambda p, *inputs: getattr(nnx.merge(model.generator, p), name)(*inputs)

    module = nnx.merge(model.generator, parameters)
    known = isinstance(module, LikelihoodGenerator)
    return Network(
        networks.settings,
        parameters,
        call("__call__"),
        module.noise_size(),
        own is None,
        model.objective_value if model.objective else None,
        call("negative_log_likelihood") if known else None,
    )


def rebuilt_shapes(settings: Mapping[str, Any], kind: str) -> Any:
    """Shapes of the parameters of the generator that these settings build."""
    content = dataset(kind)
    built = content.domain.build_generator(settings, content.info.parameters, SEED)
    return jax.tree.map(np.shape, nnx.to_pure_dict(nnx.split(built)[1]))


@cache
def discriminator(name: str, kind: str) -> tuple[Callable[..., jax.Array], Any] | None:
    """(parameters, samples in network space, conditions) -> scores, and fresh parameters.

    None if the discriminator of this name is not made for samples of this kind.
    """
    content = dataset(kind)
    domain, ranges = (
        content.domain,
        [[c.minimum, c.maximum, c.scale] for c in content.info.conditions],
    )
    some = jax.ShapeDtypeStruct(content.encoded.shape, np.float32)
    seen, features = (
        jax.eval_shape(f, some).shape
        for f in (domain.discriminator_input, domain.physical_features)
    )
    try:
        module = build_discriminator(
            seen[1:], features[1], ranges, name=name, width=4, blocks=1, embedding=4, seed=SEED
        )
    except InputError:
        return None
    graph, parameters = nnx.split(module)

    def score(p: Any, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        inputs = domain.discriminator_input(samples), domain.physical_features(samples)
        return nnx.merge(graph, p)(*inputs, conditions)

    return score, nnx.to_pure_dict(parameters)


_LENGTHS = {"batch_size": 32, "checkpoint_samples": 64, "validation_samples": HELD_OUT}
_WIDTHS = {"generator_width": 4, "generator_depth": 1, "embedding": 4}
_SINGLE = {**_LENGTHS, **_WIDTHS, "training_samples": 128}
_GAN = {
    **_LENGTHS,
    **_WIDTHS,
    "network": "dense",
    "discriminator": "residual",
    "discriminator_width": 4,
    "discriminator_blocks": 1,
    "penalty": "none",
    "likelihood_samples": 0,
    "adversarial_samples": 128,
}

RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "gan": ("points", _GAN),
    "likelihood": ("spins", {**_LENGTHS, **_WIDTHS, "likelihood_samples": 128}),
    "vae": ("points", {**_SINGLE, "latents": 4}),
    "flow-matching": ("points", {**_SINGLE, "ode_steps": 2}),
    "clipped-gaussian": ("spins", {}),
    "copula": ("showers", {}),
}
"""Method -> name of a dataset and settings of a run of four batches and two checkpoints."""

_ADVERSARIAL = {
    "loss": "hinge", "penalty": "none", "spectral_norm": True, "discriminator_steps": 2,
    "discriminator_width": 4, "discriminator_blocks": 1, "generator_rate": 1e-3,
    "discriminator_rate": 1e-3, "rate_fall": 2.0, "beta1": 0.5, "beta2": 0.9, "first_beta2": 0.8,
    "head_start": 64, "gamma": 0.2, "gamma_fall": 2.0, "adversarial_samples": 64,
}  # fmt: skip

UNUSED: dict[str, dict[str, Any]] = {
    "gan": {"latents": 4, "ode_steps": 2, "learning_rate": 1e-3},
    "likelihood": {**_ADVERSARIAL, "latents": 4, "ode_steps": 2, "training_samples": 64},
    "vae": {**_ADVERSARIAL, "ode_steps": 2},
    "flow-matching": {**_ADVERSARIAL, "latents": 4},
    "clipped-gaussian": {**_ADVERSARIAL, **_SINGLE, "latents": 4, "ode_steps": 2},
    "copula": {**_ADVERSARIAL, **_SINGLE, "latents": 4, "ode_steps": 2},
}
"""Method -> settings of other methods, each of which it has to refuse."""


def run_of(method: str) -> tuple[str, dict[str, Any]]:
    """Entry of `RUNS`."""
    if method not in RUNS:
        pytest.fail(f"the method {method} has no tiny run; add one to RUNS in {__file__}")
    return RUNS[method]


def train(
    method: str,
    folder: Path,
    more: Mapping[str, Any] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the tiny run of a method in `folder`, with `more` settings or others."""
    kind, usual = run_of(method)
    path = folder.parent / f"{kind}.h5"
    if not path.exists():
        content = dataset(kind)
        splits = {"train": np.arange(HELD_OUT, COUNT), "validation": np.arange(HELD_OUT)}
        write_dataset(path, content.samples, content.conditions, content.info, splits)
    chosen = {**(usual if settings is None else settings), **(more or {})}
    train_surrogate(path, folder, chosen, seed=SEED, method=method, progress=progress)


class Finished:
    """A run of each method, made when it is first asked for.

    Attributes:
        progress: method -> what its run said of its progress, (done, total) each time.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.progress: dict[str, list[tuple[int, int]]] = {}

    def __call__(self, method: str) -> Path:
        """The run's folder, which is not to be changed."""
        folder = self._root / method
        if method not in self.progress:
            calls = self.progress[method] = []
            train(method, folder, progress=lambda *at: calls.append(at))
        return folder


def recorded_settings(folder: Path) -> dict[str, Any]:
    """The settings that a run's surrogate says it was trained with."""
    return dict(load(folder).description.training)


def weights(folder: Path) -> dict[str, np.ndarray]:
    """All arrays of a run's surrogate."""
    with np.load(folder / "surrogate" / "weights.npz") as file:
        return dict(file)


def conditions_of(surrogate: Surrogate, count: int) -> dict[str, np.ndarray]:
    """Conditions that cover the trained range, condition name -> shape (count,)."""
    return {c.name: np.linspace(c.minimum, c.maximum, count) for c in surrogate.conditions}


class Simulation(NamedTuple):
    """A call of a simulator.

    Attributes:
        parameters: of the simulator.
        conditions: condition name -> (smallest, largest) value of the events.
        count: number of events, more than a block.
    """

    parameters: dict[str, Any]
    conditions: dict[str, tuple[float, float]]
    count: int


_STACK = {"layers": 2, "absorber": "Pb", "absorber_mm": 5.0, "gap": "LAr", "gap_mm": 5.0}

SIMULATIONS: dict[str, Simulation] = {
    "ising": Simulation({"size": 4}, {"temperature": (2.0, 3.0)}, 8192 + 16),
    "calorimeter": Simulation(
        {"slabs": [_STACK], "cells": {"r_mm": [0, 20, 80], "alpha": 4}, "range_cut_mm": 5.0},
        {"energy_mev": (50.0, 100.0)},
        16,
    ),
    "gaussian-ring": Simulation({"modes": 3}, {}, 4096 + 16),
}
"""Simulator -> a short call of it."""


def simulator(name: str) -> tuple[Any, dict[str, np.ndarray], int]:
    """A small simulator, conditions of its events and their number."""
    if name not in SIMULATIONS:
        pytest.fail(f"the simulator {name} has no tiny call; add one to SIMULATIONS in {__file__}")
    call = SIMULATIONS[name]
    conditions = {n: np.linspace(*span, call.count) for n, span in call.conditions.items()}
    return SIMULATORS[name](**call.parameters), conditions, call.count
