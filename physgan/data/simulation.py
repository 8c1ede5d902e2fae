"""Simulation of the dataset of a recipe."""

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from physgan.data.distributions import Distribution, make_distributions, recorded
from physgan.data.manifest import Manifest
from physgan.data.recipes import Recipe, load_recipe
from physgan.data.schema import FORMAT_VERSION, DatasetInfo
from physgan.data.sharded import write_events
from physgan.errors import InputError
from simulators.protocol import Condition, Progress, Samples, Simulator

__all__ = ["build_simulator", "definition_of", "simulate"]

SHARD_BYTES = 8 * 2**20


def simulate(
    recipe: Recipe | str,
    out: str | os.PathLike[str],
    *,
    count: int | None = None,
    seed: int | None = None,
    simulator: Simulator | None = None,
    shard: tuple[int, int] | None = None,
    scheduler: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Simulate the dataset of a recipe; an interrupted run is continued.

    Args:
        recipe: a `Recipe`, the name of one, or the path of a TOML file.
        out: folder of shards, or a single file if the name ends in .h5.
        count: events, if not the recipe's number.
        seed: of the run, if not the recipe's.
        simulator: used in place of the recipe's simulator.
        shard: (i, N) makes the i-th of N parts, for processes that run at once; the call without
            it puts them together.
        scheduler: address of a Dask scheduler whose workers simulate, such as
            "tcp://host:8786"; "" for this process.
        progress: called with (events done, events in total).

    Returns:
        {"path", "events", "files", "seconds_per_sample", "fingerprint" ...}, JSON values.

    Raises:
        InputError: for an unknown recipe or simulator, or if `out` contains something else.
        ValueError: for parameters or conditions that the simulator refuses.
        PhysganError: if the disk is full, or workers cannot make a file; finished files stay.

    Example:
        simulate("ising-32", "data/")
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    recipe = replace(
        recipe,
        count=recipe.count if count is None else count,
        seed=recipe.seed if seed is None else seed,
    )
    simulator = simulator or build_simulator(recipe.simulator, recipe.parameters)
    distributions = make_distributions(recipe.conditions, recipe.seed)
    conditions = _covered(simulator, distributions)
    shard_size = recipe.shard_size or default_shard_size(simulator)
    if shard_size % simulator.block_size:
        raise InputError(
            f"expected shard_size as a multiple of {simulator.block_size} (events in a block of "
            f"{simulator.name}); got {shard_size}"
        )

    manifest = write_events(
        out,
        _describe(simulator, conditions, recipe.seed),
        recipe.count,
        partial(_events, simulator, distributions, recipe.seed),
        definition=_definition(simulator, recipe, shard_size),
        shard_size=shard_size,
        splits=recipe.splits,
        split_size=math.lcm(*(each.repeat for each in distributions.values())),
        recipe={k: getattr(recipe, k) for k in ("name", "summary", "train", "benchmark")},
        shard=shard,
        scheduler=scheduler,
        progress=progress,
    )
    return _summary(out, manifest, recipe)


def _events(
    simulator: Simulator,
    distributions: Mapping[str, Distribution],
    seed: int,
    first: int,
    number: int,
    progress: Progress,
) -> tuple[Samples, Samples]:
    """Samples and conditions of `number` events of a run, from event `first` on."""
    values = {name: each.draw(first, number) for name, each in distributions.items()}
    samples = simulator.sample(values, number, seed, first_event=first, progress=progress)
    return {name: np.asarray(array) for name, array in samples.items()}, values


def build_simulator(name: str, parameters: dict[str, Any]) -> Simulator:
    """A simulator by its name.

    Raises:
        InputError: for an unknown name or parameter.
        ValueError: for a parameter's value that the simulator refuses.
    """
    from simulators import SIMULATORS  # brings JAX in

    if name not in SIMULATORS:
        raise InputError(f"expected a simulator ({', '.join(SIMULATORS)}); got {name!r}")
    try:
        return SIMULATORS[name](**parameters)
    except TypeError as error:
        raise InputError(f"expected the parameters of {name}; {error}") from None


def definition_of(recipe: Recipe) -> dict[str, Any]:
    """All that determines the bytes of a recipe's dataset, as in its manifest."""
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    return _definition(simulator, recipe, recipe.shard_size or default_shard_size(simulator))


def default_shard_size(simulator: Simulator) -> int:
    """A multiple of the simulator's block size, about 8 MiB by the size of the grid."""
    lengths = {axis.name: len(axis.values) for axis in simulator.grid}
    row = sum(
        np.dtype(field.dtype).itemsize
        * int(np.prod([lengths.get(axis, 1) for axis in field.axes], dtype=np.int64))
        for field in simulator.fields
    )
    blocks = max(1, round(SHARD_BYTES / row / simulator.block_size))
    return blocks * simulator.block_size


def _covered(simulator: Simulator, distributions: dict[str, Distribution]) -> tuple[Condition, ...]:
    """The simulator's conditions, with the ranges that the distributions cover."""
    conditions = {condition.name: condition for condition in simulator.conditions}
    if set(conditions) != set(distributions):
        raise InputError(
            f"expected the conditions {', '.join(conditions)} of {simulator.name}; "
            f"got {', '.join(distributions) or 'none'}"
        )
    for name, each in distributions.items():
        allowed = conditions[name]
        if each.minimum < allowed.minimum or each.maximum > allowed.maximum:
            raise InputError(
                f"expected {name} in [{allowed.minimum:g}, {allowed.maximum:g}] {allowed.unit}; "
                f"got {_span(each)}"
            )
    return tuple(
        replace(c, minimum=distributions[c.name].minimum, maximum=distributions[c.name].maximum)
        for c in simulator.conditions
    )


def _span(each: Distribution) -> str:
    same = each.minimum == each.maximum
    return f"{each.minimum:g}" if same else f"{each.minimum:g} to {each.maximum:g}"


def _describe(simulator: Simulator, conditions: tuple[Condition, ...], seed: int) -> DatasetInfo:
    return DatasetInfo(
        domain=simulator.domain,
        fields=tuple(sorted(simulator.fields, key=lambda field: field.name)),
        conditions=tuple(sorted(conditions, key=lambda condition: condition.name)),
        grid=tuple(sorted(simulator.grid, key=lambda axis: axis.name)),
        simulator=simulator.name,
        simulator_version=simulator.version,
        parameters=simulator.parameters,
        seed=seed,
    )


def _definition(simulator: Simulator, recipe: Recipe, shard_size: int) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "simulator": simulator.name,
        "simulator_version": simulator.version,
        "parameters": simulator.parameters,
        "conditions": {name: recorded(table) for name, table in recipe.conditions.items()},
        "count": recipe.count,
        "seed": recipe.seed,
        "splits": recipe.splits,
        "shard_size": shard_size,
    }


def _summary(out: str | os.PathLike[str], manifest: Manifest, recipe: Recipe) -> dict[str, Any]:
    return {
        "path": os.fspath(out),
        "recipe": recipe.name,
        "simulator": recipe.simulator,
        "events": sum(entry.count for entry in manifest.entries),
        "seed": recipe.seed,
        "files": [entry.file for entry in manifest.entries],
        "seconds_per_sample": manifest.seconds_per_sample,
        "fingerprint": manifest.fingerprint,
    }
