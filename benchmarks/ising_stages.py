"""Does an adversarial stage pay on lattices of 32 x 32 whose likelihood has been trained?

For each seed a generator is trained by the likelihood stage of the recipe `ising-32`. From its
weights: more likelihood for as many seconds as the adversarial stage took; the adversarial stage;
the same with the distance between moments in its loss; a discriminator that rejects some of its
draws, of the trained size only. Beside them the generator with 4 proposals, which knows the energy
of the physics. Every one is judged by `--count` lattices at each of three temperatures, by
`--wide-count` of twice the size at the critical one, and by classifiers on 4,000 of all
temperatures in the recipe's benchmark. Runs in WORKDIR are used as they are. Writes
benchmarks/results/ising_stages.json and .md.

    python benchmarks/ising_stages.py WORKDIR --seeds 2
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.lattices import DOMAIN, Values, deviations, measured
from lib.measure import divergence, metrics_of, shortened
from lib.systems import SEED, Sides
from lib.table import Row, markdown, value

from physgan import load, load_recipe, simulate, train
from physgan.benchmark import Variant
from physgan.comparison import compare_samples
from simulators import Ising
from simulators.ising.exact import critical_temperature

RECIPE = load_recipe("ising-32")
SIZE = RECIPE.parameters["size"]
TEMPERATURES = [place["temperature"] for place in RECIPE.benchmark["conditions"]]
CRITICAL = critical_temperature
BEGIN = "likelihood"
NO_LIKELIHOOD: Row = {"likelihood_samples": 0, "adversarial_samples": 0}
VARIANTS: dict[str, Row] = {
    BEGIN: {},
    "adversarial": {**NO_LIKELIHOOD, "adversarial_samples": 102_400},
    "more likelihood": {},
    "adversarial, moments": {
        **NO_LIKELIHOOD,
        "adversarial_samples": 102_400,
        "moment_weight": 4.0,
        "moment_rise": 25_600,
    },
    "rejection": {**NO_LIKELIHOOD, "rejection_samples": 204_800},
    "4 proposals": {},
}
"""Name -> settings over the recipe's; all but the first and the last start from its weights."""
JUDGED = 2.1, CRITICAL, 3.0
_SHOWN = (("chi", 2.1), ("chi", CRITICAL), ("u", CRITICAL), ("C(r)", 3.0))
_CLASSIFIED = 800
_TRUTH, _AGAIN = 6_000, 7_000

Truth = Callable[[int, float, int, int], Values]
"""(size, temperature, count, seed) -> observables of simulated lattices."""


def configurations(options: Options) -> Iterable[Configuration]:
    """Every variant with every seed, and simulation."""
    truth = cache(lambda size, *how: measured(Ising(size), *how))
    yield ("truth",), partial(figures, options, truth, Ising(SIZE), Ising(2 * SIZE), _AGAIN)
    for seed in range(1, options.seeds + 1):
        for name in options.only:
            yield ("rows", name, str(seed)), partial(judged, options, truth, name, seed)


def judged(options: Options, truth: Truth, name: str, seed: int) -> Row:
    """Train and judge a variant; the seconds are of its own stage."""
    run = options.workdir / f"{BEGIN}-{seed}"
    if name != "4 proposals":
        run = learnt(options, name, seed)
    surrogate, proposals = load(run), 4 if name == "4 proposals" else 1
    narrow, wide = (
        Variant(surrogate, name, {"size": size, "proposals": proposals})
        for size in (SIZE, 2 * SIZE)
    )
    known = proposals == 1 and not surrogate.rejects
    settings = {} if name == "4 proposals" else settings_of(options, name, seed)
    if "start_from" in settings:
        settings["start_from"] = Path(settings["start_from"]).name
    return {
        "settings": settings,
        "seconds": metrics_of(run)[-1]["seconds"],
        "training": surrogate.description.training,
        "divergence": divergence(surrogate, CRITICAL, 1_000, 8) if known else None,
        **figures(options, truth, narrow, None if surrogate.rejects else wide, 5_000 + 100 * seed),
    }


def learnt(options: Options, name: str, seed: int) -> Path:
    """The variant's run."""
    dataset, run = (
        options.workdir / "ising-32",
        options.workdir / f"{name.replace(' ', '-')}-{seed}",
    )
    simulate(RECIPE, dataset, count=RECIPE.count // options.shorter, seed=SEED)
    method = "likelihood" if name in (BEGIN, "more likelihood") else "gan"
    train(dataset, run, settings_of(options, name, seed), seed=seed, method=method)
    return run


def settings_of(options: Options, name: str, seed: int) -> Row:
    """Over the recipe's; more likelihood lasts as long as the adversarial stage did."""
    begin = options.workdir / f"{BEGIN}-{seed}"
    settings = shortened(VARIANTS[name], options.shorter)
    if name == BEGIN:
        samples = RECIPE.train["likelihood_samples"] // options.shorter
        return {**settings, "likelihood_samples": samples}
    if name == "more likelihood":
        first, second = (
            metrics_of(options.workdir / f"{n}-{seed}") for n in (BEGIN, "adversarial")
        )
        speed = first[-1]["samples"] / first[-1]["seconds"]
        settings["likelihood_samples"] = round(speed * second[-1]["seconds"])
    return {**settings, "start_from": str(begin)}


def figures(options: Options, truth: Truth, narrow: Any, wide: Any | None, seed: int) -> Row:
    """Deviations at each temperature and at twice the size, if it can be, and the largest AUC."""
    found: Row = {"deviations": {}}
    for temperature in JUDGED:
        how = temperature, options.count // options.shorter
        own = measured(narrow, *how, seed)
        context = {"size": SIZE, "temperature": temperature}
        found["deviations"][f"{temperature:.4g}"] = deviations(
            own, truth(SIZE, *how, _TRUTH), context
        )
    if wide is not None:
        how = CRITICAL, options.wide_count // options.shorter
        context = {"size": 2 * SIZE, "temperature": CRITICAL}
        own = measured(wide, *how, seed)
        found["twice the size"] = deviations(own, truth(2 * SIZE, *how, _TRUTH), context)
    sides = [
        mixed(source, s)
        for source, s in ((Ising(SIZE), 8_000), (narrow, seed), (Ising(SIZE), 9_000))
    ]
    report = compare_samples(DOMAIN, *sides, seed=SEED)
    return {**found, "largest_auc": report.largest_auc.to_json()}


def mixed(source: Any, seed: int) -> Sides:
    """As many lattices of each temperature."""
    at = np.repeat(TEMPERATURES, _CLASSIFIED)
    parts = [
        source.sample({"temperature": t}, _CLASSIFIED, seed + n)[DOMAIN.field]
        for n, t in enumerate(TEMPERATURES)
    ]
    return {DOMAIN.field: np.concatenate(parts)}, {"temperature": at}


def table(content: Row) -> str:
    """One row a variant and seed."""
    head = ["", "seed", "s", "KL at T_c, nats"]
    head += [f"{figure} at T = {t:.4g}" for figure, t in _SHOWN]
    head += ["chi, twice the size", "U4, twice the size", "largest AUC"]
    lines = [
        [name, seed, f"{row['seconds']:.0f}", divergence_in(row), *cells(row)]
        for name, seeds in content.get("rows", {}).items()
        for seed, row in seeds.items()
    ]
    return markdown(head, [*lines, ["simulator", "", "", "", *cells(content["truth"])]])


def divergence_in(row: Row) -> str:
    """Of a source whose density is known."""
    found = row["divergence"]
    return value([found["kullback_leibler"], found["error"]], "{:.3f} ± {:.3f}") if found else ""


def cells(row: Row) -> list[str]:
    """The figures that the table shows."""
    shown = [row["deviations"][f"{t:.4g}"][figure] for figure, t in _SHOWN]
    shown += [row.get("twice the size", {}).get(figure) for figure in ("chi", "U4")]
    auc = row["largest_auc"]["value"]
    return [*(value(v, "{:+.4f} ± {:.4f}") for v in shown), value([auc["auc"], auc["error"]])]


EXPERIMENT = Experiment(
    "ising_stages",
    __doc__,
    configurations,
    table,
    only=VARIANTS,
    seeds=2,
    options={"count": 100_000, "wide_count": 10_000},
    head=lambda options: {"seed": SEED},
)

if __name__ == "__main__":
    EXPERIMENT.main()
