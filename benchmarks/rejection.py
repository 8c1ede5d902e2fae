"""Does an adversarial stage pay on a generator whose likelihood has converged?

The generator of the package's surrogate calo-small, three ways: as it is; with more likelihood
training; with a new discriminator that rejects some of its draws. The last two take about the same
time. Each is compared with 16,000 fresh showers of the simulator, beside as many others of the
simulator. The discriminator sees logarithms of cells, observables and the spectrum of each shower.
Boosted trees on raw cells share nothing with it. Runs in WORKDIR are used as they are; the training
showers are those of `physgan simulate calo-small --count 131072 --out WORKDIR/train`. Writes
benchmarks/results/rejection.json and .md.

    python benchmarks/rejection.py WORKDIR --seeds 3
"""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.measure import flat, metrics_of, shortened
from lib.systems import SEED, SHOWERS, Sides, sides
from lib.table import Row, markdown, value

import physgan
from physgan.comparison import compare_samples
from physgan.domains import domain_of

TRAINED_ON, TESTED = 131_072, 16_000
VARIANTS: dict[str, Row] = {
    "as it is": {},
    "more likelihood": {
        "method": "likelihood",
        "likelihood_samples": 256_000,
        "likelihood_rate": 2e-4,
    },
    "rejection": {
        "method": "gan",
        "likelihood_samples": 0,
        "adversarial_samples": 0,
        "rejection_samples": 512_000,
    },
}
"""Name -> method and settings over the domain's, from the weights of the package."""
_TIMED = 2_000


def configurations(options: Options) -> Iterable[Configuration]:
    """Every variant with every seed; the first one has no training."""
    data = cache(lambda: datasets(options))
    for name in options.only:
        for seed in range(1, options.seeds + 1) if VARIANTS[name] else [SEED]:
            yield ("rows", name, str(seed)), partial(judged, options, data, name, seed)


def datasets(options: Options) -> tuple[Path, Sides, Sides]:
    """Training data, fresh showers and others for truth against truth."""
    count, folder = TESTED // options.shorter, options.workdir
    physgan.simulate(SHOWERS, folder / "train", count=TRAINED_ON // options.shorter, seed=SEED)
    for number, name in enumerate(("test", "floor"), 1):
        physgan.simulate(SHOWERS, folder / f"{name}.h5", count=count, seed=SEED + number)
    return folder / "train", sides(folder / "test.h5"), sides(folder / "floor.h5")


def judged(
    options: Options, data: Callable[[], tuple[Path, Sides, Sides]], name: str, seed: int
) -> Row:
    """Train, sample and compare."""
    train, test, floor = data()
    settings = shortened(VARIANTS[name], options.shorter)
    surrogate, seconds = generator(), 0.0
    if settings:
        surrogate.save(options.workdir / SHOWERS.name)
        run = options.workdir / f"{name.replace(' ', '-')}-{seed}"
        method = settings.pop("method")
        settings["start_from"] = str(options.workdir / SHOWERS.name)
        physgan.train(train, run, settings, seed=seed, method=method)
        surrogate, seconds = physgan.load(run), metrics_of(run)[-1]["seconds"]
    energies = test[1]
    count = len(next(iter(energies.values())))
    made = surrogate.sample(energies, count, seed + 100)
    domain = domain_of(physgan.open_dataset(train).info)
    report = compare_samples(domain, test, (made, energies), floor, seed=SEED)
    return {
        "settings": {**VARIANTS[name], "start_from": SHOWERS.name},
        "training_seconds": seconds,
        "milliseconds_a_shower": 1e3 * seconds_a_shower(surrogate, energies),
        "largest_auc": report.largest_auc.to_json(),
        "figures": flat(report),
    }


def generator() -> physgan.Surrogate:
    """That of the package's surrogate, every draw of which is kept."""
    surrogate = physgan.load(SHOWERS.name)
    return surrogate.without_rejection() if surrogate.rejects else surrogate


def seconds_a_shower(surrogate: physgan.Surrogate, energies: Mapping[str, np.ndarray]) -> float:
    """Of the second call: the first one compiles."""
    some = {name: values[:_TIMED] for name, values in energies.items()}
    for call in range(2):
        start = time.perf_counter()
        surrogate.sample(some, len(next(iter(some.values()))), call)
    return (time.perf_counter() - start) / _TIMED


def table(content: Row) -> str:
    """AUCs and the spectrum's separation power; a line a variant and seed."""
    rows = content["rows"]
    first = next(iter(next(iter(rows.values())).values()))
    shown = [f for f in first["figures"] if "AUC, " in f or f.endswith("power, cell_energy")]
    head = ["", "seed", "training, s", "ms a shower", "largest AUC", *shown]
    lines = []
    for name, seeds in rows.items():
        for seed, row in seeds.items():
            largest = row["largest_auc"]["value"]
            figures = [value(row["figures"][figure][:2]) for figure in shown]
            times = [f"{row['training_seconds']:.0f}", f"{row['milliseconds_a_shower']:.2f}"]
            auc = value([largest["auc"], largest["error"]])
            lines.append([name, seed, *times, auc, *figures])
    floors = [value(first["figures"][figure][2:]) for figure in shown]
    truth = first["largest_auc"]["floor"]
    lines.append(["truth", "", "", "", value([truth["auc"], truth["error"]]), *floors])
    return markdown(head, lines)


EXPERIMENT = Experiment(
    "rejection",
    __doc__,
    configurations,
    table,
    only=VARIANTS,
    seeds=3,
    head=lambda options: {"seed": SEED},
)

if __name__ == "__main__":
    EXPERIMENT.main()
