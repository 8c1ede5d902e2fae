"""Run a reference simulator by a recipe and store the events."""

import os
from dataclasses import replace
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
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Simulate the dataset of a recipe; a run that was killed goes on where it stopped.

    Args:
        recipe: a `Recipe`, the name of one, or the path of a TOML file.
        out: folder of shards, or a single file if the name ends in .h5.
        count: events, if not the recipe's number.
        seed: of the run, if not the recipe's.
        simulator: used instead of the one that the recipe names.
        progress: called with (events done, events in total).

    Returns:
        {"path", "events", "files", "seconds_per_sample", "fingerprint" ...}, JSON values.

    Raises:
        InputError: for an unknown recipe or simulator, or if `out` holds something else.
        ValueError: for parameters or conditions that the simulator refuses.
        PhysganError: if the disk is full; finished files stay.

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

    def produce(first: int, number: int, report: Progress) -> tuple[Samples, Samples]:
        values = {name: d.draw(first, number) for name, d in distributions.items()}
        samples = simulator.sample(values, number, recipe.seed, first_event=first, progress=report)
        return {k: np.asarray(v) for k, v in samples.items()}, values

    manifest = write_events(
        out,
        _describe(simulator, conditions, recipe.seed),
        recipe.count,
        produce,
        definition=_definition(simulator, recipe, shard_size),
        shard_size=shard_size,
        splits=recipe.splits,
        recipe={k: getattr(recipe, k) for k in ("name", "summary", "train", "benchmark")},
        progress=progress,
    )
    return _summary(out, manifest, recipe)


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
    """All that determines the bytes of a recipe's dataset, as its manifest holds it."""
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    return _definition(simulator, recipe, recipe.shard_size or default_shard_size(simulator))


def default_shard_size(simulator: Simulator) -> int:
    """Whole blocks that make about 8 MiB, judged by the grid's size."""
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
    known = {condition.name: condition for condition in simulator.conditions}
    if set(known) != set(distributions):
        raise InputError(
            f"expected the conditions {', '.join(known)} of {simulator.name}; "
            f"got {', '.join(distributions) or 'none'}"
        )
    for name, drawn in distributions.items():
        allowed = known[name]
        if drawn.minimum < allowed.minimum or drawn.maximum > allowed.maximum:
            raise InputError(
                f"expected {name} in [{allowed.minimum:g}, {allowed.maximum:g}] {allowed.unit}; "
                f"got {_span(drawn)}"
            )
    return tuple(
        replace(c, minimum=distributions[c.name].minimum, maximum=distributions[c.name].maximum)
        for c in simulator.conditions
    )


def _span(drawn: Distribution) -> str:
    same = drawn.minimum == drawn.maximum
    return f"{drawn.minimum:g}" if same else f"{drawn.minimum:g} to {drawn.maximum:g}"


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
        "events": manifest.count,
        "seed": recipe.seed,
        "files": [entry.file for entry in manifest.entries],
        "seconds_per_sample": manifest.seconds_per_sample,
        "fingerprint": manifest.fingerprint,
    }
