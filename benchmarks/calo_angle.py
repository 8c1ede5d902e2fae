"""Showers whose energy and angle of incidence both vary: does a surrogate follow both?

Trains the likelihood generator and the copula on the recipe calo-angle, and the copula again
without the angle. Each is judged on 2,000 showers that no training saw, at their own energies and
angles, beside truth against truth. The centre of energy in x and the response are compared in
nine bins of equally many showers, three of the energy times three of the angle. The figure is the
largest difference of a mean, in standard errors. Writes benchmarks/results/calo_angle.json and .md.

    python benchmarks/calo_angle.py WORKDIR [--only likelihood copula blind]
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.measure import fidelity, shortened, truth_against_truth
from lib.systems import SEED, Data, Sides, simulated
from lib.table import FIGURES, Row, cells, markdown

import physgan

RECIPE = physgan.load_recipe("calo-angle")
TESTED = 2_000
_PARTS = 3


def largest_pulls(data: Data, fake: Sides) -> dict[str, float]:
    """Largest difference of a bin's mean, in standard errors: centre in x, and response."""
    energy, theta = (data.test[1][name] for name in ("energy_mev", "theta"))
    ranks = [np.argsort(np.argsort(values)) * _PARTS // len(values) for values in (energy, theta)]
    bins = ranks[0] * _PARTS + ranks[1]
    observables = {o.name: o.compute for o in data.domain.observables}
    pulls = {}
    for label, name in (("centre in x", "centre_x"), ("response", "response")):
        sides = [observables[name](*side) for side in (data.test, fake)]
        sides = [side.mean(1) if side.ndim > 1 else side for side in sides]
        parts = [[side[bins == number] for side in sides] for number in range(_PARTS**2)]
        pulls[label] = max(
            abs(a.mean() - b.mean()) / np.sqrt(a.var() / len(a) + b.var() / len(b))
            for a, b in parts
        )
    return pulls


def configurations(options: Options) -> Iterable[Configuration]:
    """The truth, and every surrogate."""

    def judge(name: str) -> Row:
        data = simulated(RECIPE, options.workdir, TESTED)
        if name == "truth":
            return {"quality": truth_against_truth(data), "pulls": _floor(data)}
        surrogate = _trained(name, data.train, options)
        count = len(data.test[1]["theta"])
        fake = surrogate.sample(data.test[1], count, SEED), data.test[1]
        return {"quality": fidelity(surrogate, data), "pulls": largest_pulls(data, fake)}

    for name in ("truth", *options.only):
        yield ("rows", name), partial(judge, name)


def _floor(data: Data) -> dict[str, float]:
    """Pulls of half the test showers against the other half at conditions that are nearly equal."""
    samples, conditions = data.test
    order = np.lexsort(
        (conditions["theta"], np.argsort(np.argsort(conditions["energy_mev"])) // 200)
    )
    halves = [
        ({k: v[rows] for k, v in samples.items()}, {k: v[rows] for k, v in conditions.items()})
        for rows in (order[::2], order[1::2])
    ]
    return largest_pulls(Data(data.train, halves[0]), halves[1])


def _trained(name: str, path: Path, options: Options) -> physgan.Surrogate:
    run = options.workdir / name
    method = "likelihood" if name == "likelihood" else "copula"
    settings = shortened(RECIPE.train, options.shorter) if name == "likelihood" else {}
    settings.pop("method", None)
    if name == "blind":
        path = _without_angle(path, options.workdir / "blind.h5")
    physgan.train(path, run, settings, method=method, seed=SEED)
    surrogate = physgan.load(run)
    return _Blind(surrogate) if name == "blind" else surrogate


class _Blind:
    """A surrogate that is not told the angle."""

    def __init__(self, surrogate: physgan.Surrogate) -> None:
        self.surrogate = surrogate

    def sample(self, conditions: Row, count: int, seed: int) -> Row:
        """See `physgan.Surrogate.sample`."""
        energy = {"energy_mev": conditions["energy_mev"]}
        return self.surrogate.sample(energy, count, seed)


def _without_angle(path: Path, out: Path) -> Path:
    """The dataset's showers, of which only the energy is known."""
    if not out.exists():
        dataset = physgan.open_dataset(path)
        samples, conditions = dataset.read()
        known = tuple(c for c in dataset.info.conditions if c.name == "energy_mev")
        info = replace(dataset.info, conditions=known)
        energy = {"energy_mev": conditions["energy_mev"]}
        physgan.write_dataset(out, samples, energy, info, dataset.splits)
    return out


def table(content: Row) -> str:
    """One row for each surrogate."""
    head = ["showers of", *FIGURES, "centre in x, errors", "response, errors"]
    lines = [
        [name, *cells(row["quality"]), *(f"{pull:.1f}" for pull in row["pulls"].values())]
        for name, row in content["rows"].items()
    ]
    return markdown(head, lines)


EXPERIMENT = Experiment(
    "calo_angle",
    __doc__,
    configurations,
    table,
    only=("likelihood", "copula", "blind"),
    head=lambda options: {"seed": SEED, "tested": TESTED},
)

if __name__ == "__main__":
    EXPERIMENT.main()
