"""How far are the surrogates of a recipe of fields from their simulator, and what do they save?

Simulates the recipe's dataset, trains by every method with the settings of recipe and domain, and
judges each at the recipe's benchmark conditions beside two sets of fresh maps of the simulator:
truth A, which everything is compared with, and truth B, which is judged as a surrogate is. All sets
have as many maps. A condition in a held-out band of the recipe is named so. The figures:

- power: largest |P / P_true - 1| over all rings up to half the Nyquist wavenumber.
- covariance of ln P: C is that between different ones of the six bins of
  `physgan.domains.fields.ensemble` over the maps at one condition; |C - C_true| / |C_true| in
  Frobenius norm, less what chance adds (`lib.field_figures`); as measured, in brackets.
- one-point: Wasserstein-1 distance of all pixels, over that of truth to truth (the mean of 20
  halvings of both sets by runs, of one half maps drawn singly: `lib.field_figures.chance`).
- Minkowski functionals: largest deviation over thresholds and functionals, each over its largest.
- AUC: the largest of boosted trees and a dense network on observables and on the histogram of
  pixels, and of a convolutional network on maps; all conditions together. Of each run of the
  simulator few maps are among them. The n-th maps of both sides are in one part of the split.

Errors are by bootstrap over runs of the simulator, whose maps are not independent; those of the
AUC take maps to be independent. "All" is the largest over conditions. "reached" is at most the
target ("too few maps" if two standard errors exceed it), "within errors" at most two standard
errors above it. The baseline is the copula.

Speed: wall time on the same threads, in turns. With t the simulator's seconds for an independent
map, m for any map, n maps of the dataset, T seconds of training and g for a map of the surrogate
(in batches of 100), N maps cost less by the surrogate from N = (n m + T) / (t - g).

Runs in WORKDIR are continued. `--runs NAME=FOLDER` judges other runs, under names of their own.
`--set gan.gamma=2` changes a setting of a method. Numbers of events and maps are the recipe's where
they are 0. Writes benchmarks/results/fields_RECIPE.json, .md and .png.

    python benchmarks/fields.py WORKDIR --recipe cosmology-64
"""

import argparse
import base64
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lib import field_figures as of
from lib.experiment import Configuration, Experiment, Options
from lib.field_picture import picture, pictured
from lib.field_table import AGAIN, BATCHES, TARGETS, table
from lib.measure import in_turns, metrics_of
from lib.systems import SEED
from lib.table import Row

import physgan
from physgan.benchmark.sources import subseed
from physgan.cli.options import settings
from physgan.data import Recipe, build_simulator
from physgan.domains import domain_of
from physgan.domains.fields import Fields
from physgan.domains.fields.layout import FIELD
from physgan.domains.fields.spectrum import modes_of
from physgan.fidelity import (
    BoostedTrees,
    ConvolutionalNetwork,
    DenseNetwork,
    sample_view,
    two_sample_test,
    vector_view,
)
from simulators._workers import cores
from simulators.protocol import Simulator

METHODS = ("gan", "flow-matching", "vae", "copula")
SEEN = ("high-level", "histogram")
"""Views of the domain for trees and dense network; pixels are what the convolutional one sees."""
_ROUNDS = 3


class Sizes(NamedTuple):
    """Numbers that results depend on.

    Attributes:
        events: of the dataset.
        maps: of each set at each condition.
        classified: of these, for classifiers.
        shown: to the convolutional network in training.
    """

    events: int
    maps: int
    classified: int
    shown: int


def sizes_of(options: Options) -> Sizes:
    """As asked for, the recipe's where 0, divided by `--shorter`."""
    recipe = physgan.load_recipe(options.recipe)
    asked = (
        options.count or recipe.count,
        options.maps or recipe.benchmark["count"],
        options.classified,
        options.shown,
    )
    return Sizes(*(number // options.shorter for number in asked))


class Truth(NamedTuple):
    """Two sets of true maps at every condition, and what is measured of them.

    Attributes:
        domain: of the maps.
        places: the conditions.
        maps: of truth A, at each condition (n, rows, columns).
        again: of truth B.
        found: what is measured of truth A, at each condition.
        others: of truth B.
    """

    domain: Fields
    places: Sequence[Mapping[str, float]]
    maps: list[np.ndarray]
    again: list[np.ndarray]
    found: list[of.Maps]
    others: list[of.Maps]


def configurations(options: Options) -> Iterable[Configuration]:
    """Truth against truth, every method and run, and the speed of all together."""
    recipe = physgan.load_recipe(options.recipe)
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    truth = cache(lambda: true_maps(options, recipe, simulator))
    given = dict(entry.split("=", 1) for entry in options.runs if entry)
    sources: dict[str, Callable[[], tuple[Path, Row]]] = {
        name: cache(partial(trained, options, recipe, name)) for name in options.only
    }
    sources |= {name: cache(partial(found_run, Path(folder))) for name, folder in given.items()}
    yield ("rows", AGAIN), partial(judged_again, options, truth)
    for name, source in sources.items():
        yield ("rows", name), partial(judged, options, truth, source)
    yield ("speed", " ".join(sources)), partial(timed, options, recipe, simulator, sources)


def true_maps(options: Options, recipe: Recipe, simulator: Simulator) -> Truth:
    """Simulate both sets, each condition once, by seeds that no training uses."""
    domain, folder = domain_of(simulator), options.workdir / "truth"
    assert isinstance(domain, Fields)
    folder.mkdir(exist_ok=True)
    sizes = sizes_of(options)
    places, sets = recipe.benchmark["conditions"], []
    for name in ("A", "B"):
        sets.append([])
        for number, place in enumerate(places):
            path = folder / f"{name}-{number}-{sizes.maps}.npy"
            if not path.exists():
                seed = subseed(SEED, 7 + len(sets), number)
                unfinished = path.with_suffix(".part.npy")
                np.save(unfinished, simulator.sample(place, sizes.maps, seed)[FIELD])
                unfinished.rename(path)
            sets[-1].append(np.load(path))
    measured = [[of.measured(domain, m, simulator.block_size) for m in maps] for maps in sets]
    return Truth(domain, places, *sets, *measured)


def trained(options: Options, recipe: Recipe, method: str) -> tuple[Path, Row]:
    """Train in WORKDIR on all cores that the process may use; the run and what it took.

    CPU time is not known of a training in several sittings.
    """
    dataset, run = options.workdir / "dataset", options.workdir / method
    spent = options.workdir / f"{method}.json"
    if spent.exists():
        return run, dict(json.loads(spent.read_text()))
    physgan.simulate(recipe, dataset, count=sizes_of(options).events, seed=SEED)
    own = [each.removeprefix(f"{method}.") for each in options.set if each.startswith(method + ".")]
    start = time.perf_counter(), time.process_time()
    physgan.train(dataset, run, settings(own), method=method, seed=SEED)
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    metrics = metrics_of(run)
    seconds = max(metrics[-1]["seconds"] if metrics else 0.0, wall)
    found = {
        "wall_seconds": seconds,
        "cpu_seconds": cpu if seconds < 1.1 * wall else None,
        "threads": cores(),
        "settings": settings_of(run),
    }
    spent.write_text(json.dumps(found))
    return run, found


def found_run(run: Path) -> tuple[Path, Row]:
    """A run that is there, and the seconds that it took if it says so."""
    metrics = metrics_of(run)
    seconds = metrics[-1]["seconds"] if metrics else None
    unknown = dict.fromkeys(("cpu_seconds", "threads"))
    return run, {"wall_seconds": seconds, **unknown, "settings": settings_of(run)}


def settings_of(run: Path) -> Row:
    """A run's settings, without the path of the weights that it began from."""
    table = dict(json.loads((run / "run.json").read_text()).get("config", {}))
    return table | ({"start_from": Path(start).name} if (start := table.get("start_from")) else {})


def judged(
    options: Options, truth: Callable[[], Truth], source: Callable[[], tuple[Path, Row]]
) -> Row:
    """Draw as many maps as the truth has, and compare."""
    run, training = source()
    surrogate, known = physgan.load(run), truth()
    about = surrogate.description
    maps = [
        surrogate.sample(place, sizes_of(options).maps, subseed(SEED, 10, number))[FIELD]
        for number, place in enumerate(known.places)
    ]
    return {
        "method": about.method,
        "training": training,
        "kept_samples": about.kept_samples,
        "parameters": surrogate.parameter_count,
        **compared(options, known, maps, [of.measured(known.domain, each) for each in maps]),
    }


def judged_again(options: Options, truth: Callable[[], Truth]) -> Row:
    """Truth B, and truth A's own curves."""
    known = truth()
    shown = pictured([held_out(options, place) for place in known.places])
    own = [
        {
            "held_out": held_out(options, place),
            "curves": of.curves(known.domain, known.found[number], known.found[number], SEED),
            "map": encoded(known.maps[number][0]) if number in shown else "",
        }
        for number, place in enumerate(known.places)
    ]
    about = {
        "conditions": known.places,
        "label": known.domain.layout.label,
        "wave_unit": known.domain.layout.wave_unit,
        "zonal": known.domain.layout.zonal,
        "scale": known.domain.layout.scale,
        "bins": of.log_bins(known.domain),
        "k": modes_of(known.domain.layout).centres.tolist(),
        "shape": known.domain.layout.shape,
        "runs": int(known.found[0].runs[-1]) + 1,
    }
    return {"about": about, "truth": own, **compared(options, known, known.again, known.others)}


def held_out(options: Options, place: Mapping[str, float]) -> list[str]:
    """Names of conditions that lie in a band which the recipe holds out."""
    table = physgan.load_recipe(options.recipe).conditions
    return [
        name
        for name, at in place.items()
        if any(low <= at <= high for low, high in table[name].get("held_out", ()))
    ]


def compared(
    options: Options, known: Truth, maps: Sequence[np.ndarray], found: Sequence[of.Maps]
) -> Row:
    """Figures at each condition and of all, and what pictures show."""
    aucs = classified(options, known, maps)
    strongest = max(aucs, key=lambda each: each["auc"][0])
    shown = pictured([held_out(options, place) for place in known.places])
    rows = []
    for number, own in enumerate(found):
        real, seed = known.found[number], subseed(SEED, 20, number)
        figures = of.figures(known.domain, real, own, seed)
        own_chance = of.chance(known.domain, real, known.others[number], seed)
        distance = figures[of.ONE_POINT]
        figures[of.ONE_POINT] = of.Figure(*(entry / own_chance for entry in distance))
        rows.append(
            {
                **{name: list(figure) for name, figure in figures.items()},
                "auc": strongest["per_condition"][number],
                "distance": list(distance[:2]),
                "curves": of.curves(known.domain, real, own, seed),
                "map": encoded(maps[number][0]) if number in shown else "",
            }
        )
    largest = {name: max(row[name] for row in rows) for name in TARGETS if name != "auc"}
    return {"rows": rows, "all": {**largest, "auc": strongest["auc"]}, "classifiers": aucs}


def classified(options: Options, known: Truth, maps: Sequence[np.ndarray]) -> list[Row]:
    """Trees and dense network on their views, and one on maps, all conditions together.

    The same maps of both sides, spread over all runs, so that few of one run are among them.
    """
    sizes = sizes_of(options)
    count = min(sizes.classified, sizes.maps)
    chosen = np.linspace(0, sizes.maps, count, endpoint=False).astype(int)
    sides = [{FIELD: np.concatenate([m[chosen] for m in side])} for side in (known.maps, maps)]
    place = np.repeat(np.arange(len(known.places)), count)
    conditions = {
        name: np.array([each[name] for each in known.places], float)[place]
        for name in known.places[0]
    }
    tables = [known.domain.views(side, conditions) for side in sides]
    groups = np.tile(place, 2)
    views = [vector_view(name, tables[0][name], tables[1][name], groups) for name in SEEN]
    tests = [
        two_sample_test(view, classifier)
        for classifier in (BoostedTrees(), DenseNetwork())
        for view in views
    ]
    both = {name: np.tile(values, 2) for name, values in conditions.items()}
    view = sample_view(known.domain, *sides, both, groups)
    tests.append(two_sample_test(view, ConvolutionalNetwork(samples=sizes.shown)))
    return [
        {
            "name": f"{test.procedure.settings.label}, {test.view}",
            "auc": list(test.auc),
            "per_condition": [list(figure) for figure in test.per_condition],
            "procedure": str(test.procedure),
        }
        for test in tests
    ]


def timed(
    options: Options,
    recipe: Recipe,
    simulator: Simulator,
    sources: Mapping[str, Callable[[], tuple[Path, Row]]],
) -> Row:
    """Seconds a map of the simulator and of every surrogate, in turns, at the first condition."""
    place = recipe.benchmark["conditions"][0]
    block = simulator.block_size * cores()
    measured: dict[str, Callable[[], float]] = {
        "independent": partial(simulator.seconds_per_independent_sample, place),
        "map": partial(seconds_a_map, simulator, place, block, 1),
    }
    for name, source in sources.items():
        surrogate = physgan.load(source()[0])
        for batch, calls in BATCHES.items():
            measured[f"{name}, {batch}"] = partial(seconds_a_map, surrogate, place, batch, calls)
    in_turns(measured, 1)  # compiles
    found = in_turns(measured, _ROUNDS)
    return {
        "seconds": {name: float(np.median(values)) for name, values in found.items()},
        "spread": {name: float(np.ptp(values)) for name, values in found.items()},
        "threads": cores(),
        "events": sizes_of(options).events,
        "independence": getattr(simulator, "independence", ""),
    }


def seconds_a_map(source: Any, place: Mapping[str, float], batch: int, calls: int) -> float:
    """Wall seconds of a map."""
    start = time.perf_counter()
    for call in range(calls):
        source.sample(place, batch, call)
    return (time.perf_counter() - start) / calls / batch


def encoded(field: np.ndarray) -> str:
    """A map as float16 in base64."""
    return base64.b64encode(field.astype("<f2").tobytes()).decode()


def experiment(recipe: str) -> Experiment:
    """The experiment of one recipe."""
    return Experiment(
        f"fields_{Path(recipe).stem}",
        __doc__,
        configurations,
        table,
        only=METHODS,
        options={
            "recipe": recipe,
            "count": 0,
            "maps": 0,
            "classified": 300,
            "shown": 20_000,
            "set": [""],
            "runs": [""],
        },
        head=lambda options: {
            "recipe": Path(recipe).stem,
            "seed": SEED,
            **sizes_of(options)._asdict(),
        },
        picture=picture,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the experiment of the recipe that is asked for."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--recipe", default="cosmology-64")
    experiment(parser.parse_known_args(arguments)[0].recipe).main(arguments)


if __name__ == "__main__":
    main()
