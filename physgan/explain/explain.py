"""Explanation of a trained run: JSON and pictures."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from physgan.data import Axis, Condition, Dataset, open_dataset
from physgan.data.files import write_atomically, write_figure
from physgan.errors import InputError
from physgan.explain.attribution import Attribution, attribute
from physgan.explain.differences import Sensitivity, condition_sensitivity, neighbours
from physgan.explain.fixed_noise import FixedNoiseSampler, points_of
from physgan.explain.jacobians import jacobians
from physgan.explain.latents import Effect, latent_groups, latent_path, total_effects
from physgan.explain.pictures import (
    effects_figure,
    map_figure,
    sensitivity_figure,
    traversal_figure,
)
from physgan.methods import open_run
from physgan.precision import products_in
from physgan.surrogates import load
from simulators.protocol import Progress

__all__ = ["explain"]

FORMAT, FORMAT_VERSION = "physgan-explain", 1

_POINTS = 5
_ROWS = 3
_DPI = 110


@products_in("float32")
def explain(
    run: str | Path,
    out: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | None = None,
    at: Mapping[str, float] | None = None,
    count: int = 1000,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Explain a trained surrogate, and its discriminator if the dataset is given.

    Derivatives of the observables' means by every condition (differences with common random
    numbers); total effects of latents on observables; pictures along conditions and latents with
    everything else fixed; Jacobians of the physical features, if the generator is smooth; and,
    given the dataset of the run, attributions of the scores of the last checkpoint's
    discriminator.

    Args:
        run: folder of a trained run.
        out: folder that receives explain.json and pictures.
        data: the dataset of the run.
        at: conditions at which latents are studied, and at which the others are fixed while one is
            varied; by default the middle of the trained range.
        count: samples at every point.
        seed: of the noise.
        progress: called with (steps done, steps in total).

    Returns:
        The content of explain.json.

    Raises:
        InputError: for a run without a network, an unknown condition, or another dataset.
    """
    sampler = FixedNoiseSampler(load(run))
    conditions = sampler.surrogate.conditions
    here = {**sampler.centre(), **_checked(conditions, at or {})}
    if count < 2:
        raise InputError(f"expected a count of 2 or more; got {count}")
    rng = np.random.default_rng(seed)
    noise = rng.random((count, sampler.latents), np.float32)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, Figure] = {}
    total = len(conditions) + 2 + (data is not None)
    sensitivities = []
    for number, condition in enumerate(conditions):
        _report(progress, number, total)
        sensitivities.append(_along(sampler, condition, here, noise, figures))
    _report(progress, len(conditions), total)
    latents = _latents(sampler, here, noise, rng, figures)
    _report(progress, len(conditions) + 1, total)
    result = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "run": str(run),
        "network": sampler.surrogate.description.network.get("network"),
        "count": count,
        "seed": seed,
        "at": here,
        "conditions": sensitivities,
        "latents": latents,
        "jacobians": _jacobians(sampler, here, noise) if sampler.smooth else None,
        "discriminator": None,
    }
    if data is not None:
        result["discriminator"] = _attributions(
            sampler, open_dataset(data), Path(run), count, seed, figures
        )
    for name, figure in figures.items():
        write_figure(folder / f"{name}.png", figure, _DPI)
    result["pictures"] = [f"{name}.png" for name in figures]
    result = _json_value(result)
    text = json.dumps(result, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "explain.json", text.encode())
    _report(progress, total, total)
    return result


def _along(
    sampler: FixedNoiseSampler,
    condition: Condition,
    here: Mapping[str, float],
    noise: np.ndarray,
    figures: dict[str, Figure],
) -> dict[str, Any]:
    """Sensitivities at a few values of one condition, and pictures at these values."""
    name = condition.name
    points = points_of(condition, _POINTS)
    sensitivities: dict[float, dict[str, Sensitivity]] = {}
    for point in points:
        ends = neighbours(condition, point)
        sensitivities[point] = condition_sensitivity(
            lambda value: sampler.measure(noise, {**here, name: value}), *ends
        )
    figures[f"slopes-{name}"] = sensitivity_figure(
        condition, sampler.domain.observables, sensitivities
    )
    rows = {
        f"noise {row}": [sampler.draw(noise[row : row + 1], {**here, name: p}) for p in points]
        for row in range(min(_ROWS, len(noise)))
    }
    titles = [f"{name.replace('_', ' ')} = {point:.4g} {condition.unit}" for point in points]
    figures[f"traversal-{name}"] = traversal_figure(sampler.domain.picture, rows, titles)
    units = {o.name: o.unit for o in sampler.domain.observables}
    return {
        "name": name,
        "unit": condition.unit,
        "method": "central differences with common random numbers",
        "points": [
            {
                "at": point,
                "step": neighbours(condition, point),
                "observables": {
                    key: {
                        "unit": units[key],
                        "slope_unit": f"{units[key]} / ({condition.unit})",
                        **{k: v.tolist() for k, v in asdict(value).items()},
                    }
                    for key, value in by_name.items()
                },
            }
            for point, by_name in sensitivities.items()
        ],
    }


def _latents(
    sampler: FixedNoiseSampler,
    here: Mapping[str, float],
    noise: np.ndarray,
    rng: np.random.Generator,
    figures: dict[str, Figure],
) -> dict[str, Any]:
    """Total effects of groups of latents, and pictures along those with the largest effects."""
    groups = latent_groups(sampler.latents)
    effects = total_effects(lambda z: sampler.measure(z, here), noise, groups, rng)
    labels = {o.name: o.long_name for o in sampler.domain.observables}
    figures["latents"] = effects_figure(groups, effects, labels)
    rows = {}
    for number in _strongest(effects, len(groups)):
        group = groups[number]
        path = latent_path(noise[:1], group, _POINTS, rng)
        label = f"latents {group.start}-{group.stop - 1}"
        rows[label] = [sampler.draw(step, here) for step in path.astype(np.float32)]
    titles = [f"step {step}" for step in range(1, _POINTS + 1)]
    figures["traversal-latents"] = traversal_figure(sampler.domain.picture, rows, titles)
    return {
        "number": sampler.latents,
        "groups": [[group.start, group.stop - 1] for group in groups],
        "total_effects": {name: [asdict(e) for e in row] for name, row in effects.items()},
    }


def _strongest(effects: Mapping[str, list[Effect]], groups: int) -> list[int]:
    """The groups with the largest mean effect, in order of the latents."""
    mean = np.mean([[effect.share for effect in row] for row in effects.values()], 0)
    return sorted(np.argsort(-mean)[: min(_ROWS, groups)].tolist())


def _jacobians(
    sampler: FixedNoiseSampler, here: Mapping[str, float], noise: np.ndarray
) -> dict[str, Any]:
    domain = sampler.domain
    names = [c.name for c in sampler.surrogate.conditions]
    row = jnp.array([here[name] for name in names], jnp.float32)
    conditions = jnp.broadcast_to(row, (len(noise), len(names)))

    def features(z: jax.Array, c: jax.Array) -> jax.Array:
        return domain.physical_features(sampler.network_samples(z, c))

    derivatives = jacobians(features, jnp.asarray(noise), conditions)
    one = jnp.asarray(noise[:1]), conditions[:1]
    shape = jax.eval_shape(sampler.network_samples, *one).shape[1:]
    return {
        "features": domain.feature_names(shape),
        "conditions": names,
        **{key: np.asarray(value).tolist() for key, value in derivatives._asdict().items()},
    }


def _attributions(
    sampler: FixedNoiseSampler,
    dataset: Dataset,
    run: Path,
    count: int,
    seed: int,
    figures: dict[str, Figure],
) -> dict[str, Any]:
    """Attributions of the scores of the last checkpoint's discriminator."""
    trained = open_run(dataset, run)
    state, model = trained.latest(), trained.model
    if state is None:
        raise InputError(f"expected checkpoints in {trained.checkpoints}; got none that is whole")
    if not trained.monitored(int(state.clock)):
        raise InputError(
            f"expected a discriminator that was trained in {run}; got stages "
            f"{', '.join(stage.name for stage in trained.stages)} and {int(state.samples)} "
            "samples; train on, or explain without data"
        )
    rows = slice(0, count)
    samples, conditions = (jnp.asarray(a[rows], jnp.float32) for a in trained.held_out)
    keys = jax.random.split(jax.random.key(seed))
    real = model.transform(keys[0], samples)
    fake = model.generate(state.generator, keys[1], conditions)
    attribution = attribute(
        lambda inputs, c: model.score(state.discriminator, inputs, c),
        model.discriminator_inputs(real, conditions),
        model.discriminator_inputs(fake, conditions),
        conditions,
    )
    shape = samples.shape[1:]
    names = sampler.domain.feature_names(shape)
    if attribution.mean[0].size == np.prod(shape):
        figures["discriminator"] = map_figure(attribution, shape, _axes(sampler, len(shape)), names)
    return {
        "samples_seen": int(state.samples),
        "method": "integrated gradients from a fake to a real sample at equal conditions",
        "space": "what the discriminator sees, standardised",
        "features": names,
        "shape": shape,
        **_attribution_table(attribution),
    }


def _attribution_table(attribution: Attribution) -> dict[str, Any]:
    fields = ("mean", "error", "real_slope", "fake_slope")
    parts: dict[str, dict[str, Any]] = {
        part: {field: getattr(attribution, field)[place].ravel().tolist() for field in fields}
        for place, part in enumerate(("on_sample", "on_features"))
    }
    for part, total in zip(parts.values(), attribution.totals, strict=True):
        part["total"] = total
    return {
        **parts, "gap": attribution.gap, "missed": attribution.missed, "pairs": attribution.pairs
    }  # fmt: skip


def _axes(sampler: FixedNoiseSampler, count: int) -> list[Axis]:
    """Axes of samples in network space, named as the field's if their number is equal."""
    description = sampler.surrogate.description
    names = next(f for f in description.fields if f.name == sampler.domain.field).axes
    if len(names) != count:
        names = ("layer", "row", "column")[:count]
    grid = {axis.name: axis for axis in description.grid}
    return [grid.get(name, Axis(name, "1", ())) for name in names]


def _checked(conditions: tuple[Condition, ...], at: Mapping[str, float]) -> dict[str, float]:
    names = [c.name for c in conditions]
    if unknown := sorted(set(at) - set(names)):
        raise InputError(f"expected a condition ({', '.join(names)}); got {unknown[0]!r}")
    for condition in conditions:
        value = at.get(condition.name, condition.minimum)
        if not condition.minimum <= value <= condition.maximum:
            raise InputError(
                f"expected {condition.name} in [{condition.minimum:g}, {condition.maximum:g}] "
                f"{condition.unit} (trained range); got {value:g}"
            )
    return {name: float(value) for name, value in at.items()}


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _json_value(value: Any) -> Any:
    """JSON values: lists for tuples, and None for numbers that are not finite."""
    if isinstance(value, Mapping):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
