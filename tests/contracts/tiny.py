"""The smallest dataset and networks of every kind: all that the contracts know of their API.

A new domain needs an entry in `DATASETS`. Until it has one, its contracts fail and say so.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from flax import nnx

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains import DOMAINS, Domain, domain_of
from physgan.errors import InputError
from physgan.methods import METHODS
from physgan.networks import GENERATORS, LikelihoodGenerator, build_discriminator
from physgan.surrogates import Description, NetworkSampler, Surrogate
from physgan.surrogates.conditions import condition_matrix
from simulators import GaussianRing, Ising

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


def _cells(axes: tuple[Axis, ...], whole: bool) -> Tiny:
    """Bumps that move with one condition and grow with another, half of the cells empty.

    One sample in eight is empty. Counts, or charges of 0.2 and more.
    """
    rng = np.random.default_rng(1)
    place, size = np.resize(np.linspace(-1, 1, 16), COUNT), np.geomspace(1, 10, COUNT)
    values = size * (rng.random(COUNT) < 7 / 8)
    for axis in axes:
        along = np.linspace(-1.5, 1.5, len(axis.values))
        bump = np.exp(-((along - place[:, None]) ** 2))
        values = values[..., None] * bump.reshape(COUNT, *[1] * (values.ndim - 1), -1)
    values = values * rng.exponential(size=values.shape)
    values = np.where(values > 0.2, np.ceil(4 * values) if whole else values, 0)
    lit = values[values > 0]
    info = DatasetInfo(
        "cells",
        (Field("values", "ADC" if whole else "fC", tuple(a.name for a in axes), "charge",
               "int32" if whole else "float32"),),
        (Condition("place", "1", -1.0, 1.0), Condition("size", "1", 1.0, 10.0, "log")),
        axes,
        parameters={"threshold": float(lit.min()), "largest": float(lit.max())},
        seed=1,
    )  # fmt: skip
    dtype = np.int32 if whole else np.float32
    return Tiny(info, {"values": values.astype(dtype)}, {"place": place, "size": size})


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


def _fields(names: tuple[str, str], unit: str, *conditions: str) -> Tiny:
    """Smooth maps with a tail, brighter and clumpier with the conditions; one is flat.

    Maps of vorticity are as likely as their negatives.
    """
    rng = np.random.default_rng(1)
    side = 16
    places = {n: rng.uniform(0.5, 1, COUNT) for n in conditions}
    bright = sum(places.values()) if places else np.ones(COUNT)
    waves = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij"))
    noise = np.fft.rfft2(rng.normal(size=(COUNT, side, side)))
    smooth = np.fft.irfft2(noise * np.exp(-((6 * waves) ** 2)))
    smooth /= smooth.std()
    values = np.exp(0.8 * bright[:, None, None] * smooth) - 1
    if names[0] == "north":
        values = np.sinh(bright[:, None, None] * (smooth - smooth.mean((1, 2), keepdims=True)))
    values[0] = 0
    info = DatasetInfo(
        "fields",
        (Field("values", unit, names, "value", "float32"),),
        tuple(Condition(n, "1", 0.5, 1.0) for n in conditions),
        tuple(Axis(n, "km", tuple(3.0 * k + 1.5 for k in range(side))) for n in names),
        parameters={"scale": 0.5},
        seed=1,
    )
    return Tiny(info, {"values": values.astype(np.float32)}, places)


ALPHA = Axis("alpha", "rad", tuple(np.linspace(-np.pi, np.pi, 5).tolist()))
RINGS = Axis("r", "mm", (0.0, 20.0, 80.0))
SQUARE = tuple(Axis(name, "mm", (-30.0, -10.0, 10.0, 30.0)) for name in ("x", "y"))

PADS = Axis("pad", "1", (0.0, 1.0, 2.0, 3.0))
TIMES = Axis("time", "us", (0.25, 0.75, 1.25, 1.75, 2.5))
PLANES = Axis("plane", "1", (0.0, 1.0))

DATASETS: dict[str, Callable[[], Tiny]] = {
    "spins": _spins,
    "showers": partial(_showers, ALPHA, RINGS),
    "showers, square cells": partial(_showers, *SQUARE),
    "cells": partial(_cells, (PADS, TIMES), False),
    "cells, counts": partial(_cells, (PADS, TIMES), True),
    "cells, counts on a strip": partial(_cells, (TIMES,), True),
    "cells, three axes": partial(_cells, (PLANES, PADS, TIMES), False),
    "fields": partial(_fields, ("y", "x"), "1", "omega_m", "sigma_8"),
    "fields, zonal": partial(_fields, ("north", "east"), "1/s", "beta"),
    "fields, plain": partial(_fields, ("row", "column"), "K"),
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
        objective: (parameters, key, samples, conditions) -> what training on its own lowers, shape
            (n,); None if it needs a discriminator.
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
        "generator_width": 4, "generator_depth": 1, "discriminator_width": 4, "embedding": 4,
        "latents": 4, "ode_steps": 2, "network": name, "rejection_samples": 0,
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
        partial(model.event_losses, model.objective) if model.objective else None,
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


def untrained(network: str, kind: str) -> Surrogate:
    """A surrogate with initial weights."""
    content, fresh = dataset(kind), generator(network, kind)
    assert fresh is not None
    size = content.domain.geometry(content.samples).get("size", 0)
    about = Description.of(content.info, "gan", size, network=fresh.settings)
    return Surrogate(about, NetworkSampler(about, fresh.parameters))
