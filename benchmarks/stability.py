"""Which loss and which penalty keep adversarial training stable, on a ring, lattices and showers.

Every training of a system sees as many samples, with the settings of the system's domain but for
the loss and the penalty. Judged is the averaged generator at the end and not the best of the
checkpoints, which would hide what went wrong. Then the detectors: a training built to fail and the
same one cured, and which detectors fired (`physgan.training.diagnostics`). A training that was
stopped continues from its run in WORKDIR. Writes benchmarks/results/stability.json and .md, and
the tables of docs/stability.md, after each.

    python benchmarks/stability.py WORKDIR [--only ring ising ...] [--seeds 2]
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.measure import Figures, Judge, fidelity, judged_at_end, truth_against_truth
from lib.systems import ISING, RING, SEED, SHOWERS, Data, part_of, simulated
from lib.table import NONE, Row, kinds, markdown

from physgan import Recipe, Surrogate
from simulators import GaussianRing

CHECKPOINTS = 16
_POINTS = 10_000
_NEAR = 3.0
_TENTH = 0.1


class System(NamedTuple):
    """What is learnt, for how many samples, by which settings, and how it is judged.

    Without a judge only the detectors look at it. `tested` is the number of its test samples.
    """

    recipe: Recipe
    samples: int
    settings: Row
    judge: Judge = lambda surrogate, data: {}
    tested: int = 0


class Case(NamedTuple):
    """What goes wrong, as the detectors call it; where; by which settings; and what cures it."""

    kind: str
    system: str
    broken: Row
    cure: Row


def ring_figures(surrogate: Surrogate, data: Data) -> Figures:
    """Modes kept, share of 10,000 points within 3 sigma of one, and how wide the modes are.

    A mode is kept if it has at least a tenth of its share of the points within 3 sigma. The width
    is the root mean square distance of those points, over that of a Gaussian cut off there: r^2 / 2
    is exponential, of mean 1 - x / (e^x - 1) below x = 3^2 / 2.
    """
    ring = GaussianRing()
    mode, distance = ring.nearest(surrogate.sample({}, _POINTS, SEED)["points"])
    inside = distance < _NEAR
    counts = np.bincount(mode[inside], minlength=ring.modes)
    share = float(inside.mean())
    edge = _NEAR**2 / 2
    square = 2 * (1 - edge / float(np.expm1(edge)))
    found: Figures = {
        "modes kept": [int((counts >= _TENTH * _POINTS / ring.modes).sum()), 0],
        "within 3 sigma": [share, (share * (1 - share) / _POINTS) ** 0.5],
    }
    if inside.any():
        width = (float((distance[inside] ** 2).mean()) / square) ** 0.5
        found["width over truth's"] = [width, width / (4 * int(inside.sum())) ** 0.5]
    return found


_FROM_NOTHING = {"likelihood_samples": 0, "head_start": 0}
_LATTICES = {**_FROM_NOTHING, "generator_rate": 1e-3, "discriminator_rate": 1e-3}
_DENSE = {**_LATTICES, "network": "dense", "generator_rate": 5e-4, "discriminator_rate": 5e-4}
_SHOWERS = {"generator_width": 32, "likelihood_samples": 64_000, "generator_rate": 1e-4}
_PERCEPTRONS = {"network": "dense", "discriminator": "residual", "rate_fall": 4.0}
_SMALL = {**_PERCEPTRONS, "batch_size": 64, "discriminator_rate": 1e-3}
_NEEDLE = replace(RING, parameters={"modes": 1})
_CLOUD = replace(RING, parameters={"modes": 1, "sigma": 1.0})

SYSTEMS = {
    "ring": System(RING, 640_000, {}, ring_figures),
    "needle": System(_NEEDLE, 102_400, {**_PERCEPTRONS, "batch_size": 256}),
    "cloud": System(_CLOUD, 204_800, _SMALL),
    "ising": System(ISING, 51_200, _LATTICES, fidelity, 2_000),
    "ising, perceptron": System(ISING, 102_400, _DENSE, fidelity, 2_000),
    "few lattices": System(part_of(ISING, 512, 512), 102_400, _LATTICES),
    "showers": System(SHOWERS, 51_200, _SHOWERS, fidelity, 2_000),
}
"""The needle is a Gaussian so narrow that a generator begins outside it; the cloud is a wide one
beside where a generator begins, the smallest system in which the two networks turn round."""

_LOSSES = ("relativistic", "saturating", "non-saturating", "least-squares", "hinge", "wasserstein")
_PENALTIES: dict[str, Row] = {
    "r1-r2": {"penalty": "r1-r2"},
    "gradient-penalty": {"penalty": "gradient-penalty", "gamma": 10.0, "gamma_fall": 1.0},
    "none": {"penalty": "none"},
    "spectral norm": {"penalty": "none", "spectral_norm": True},
}
VARIANTS: dict[str, Row] = {
    f"{loss}, {penalty}": {"loss": loss, **settings}
    for loss in _LOSSES
    for penalty, settings in _PENALTIES.items()
} | {"likelihood only": {"adversarial_samples": 0}}
"""Loss and penalty -> settings; the gradient penalty with its authors' weight of 10."""

_FEWER = [f"{loss}, {penalty}" for loss in _LOSSES for penalty in ("r1-r2", "none")]
COMPARED = {
    "ring": [f"{loss}, {penalty}" for loss in _LOSSES for penalty in _PENALTIES],
    "ising": _FEWER,
    "ising, perceptron": _FEWER,
    "showers": ["likelihood only", *_FEWER],
}
"""System -> variants in its table."""

_MINIMAX: Row = VARIANTS["saturating, none"]
_DEFAULT: Row = VARIANTS["relativistic, r1-r2"]
_SWINGING = {**VARIANTS["wasserstein, spectral norm"], "beta1": 0.9, "generator_rate": 1e-3}
_BRAKED = {"spectral_norm": False, "penalty": "r1-r2", "gamma": 1.0, "gamma_fall": 1.0}
_CALM = {**_BRAKED, "beta1": 0.0}
_BY_HEART = {**VARIANTS["relativistic, none"], "augment": False}
_AUGMENTED = {"penalty": "r1-r2", "augment": True}
_STRONGER = {**_AUGMENTED, "gamma": 3.0, "gamma_fall": 1.0, "discriminator_width": 4}
CASES = (
    Case("mode collapse", "ring", _MINIMAX, _DEFAULT),
    Case(
        "mode collapse",
        "ising, perceptron",
        {**_MINIMAX, "generator_rate": 1e-4, "discriminator_rate": 5e-3},
        {**_DEFAULT, "generator_rate": 5e-4, "discriminator_rate": 5e-4},
    ),
    Case("mode collapse", "cloud", _SWINGING, _CALM),
    Case("blind discriminator", "cloud", _SWINGING, _CALM),
    Case("oscillation", "cloud", {**_SWINGING, **_BRAKED}, {"beta1": 0.0}),
    Case(
        "all-winning discriminator",
        "needle",
        {**_MINIMAX, "generator_rate": 1e-5, "discriminator_rate": 5e-3},
        {**_DEFAULT, "generator_rate": 5e-4, "discriminator_rate": 1e-3},
    ),
    Case("overfitting discriminator", "few lattices", _BY_HEART, _AUGMENTED),
    Case("overfitting discriminator", "few lattices", _BY_HEART, _STRONGER),
)
"""One at least for each detector; of the last, a cure that is too weak comes first."""


def configurations(options: Options) -> Iterable[Configuration]:
    """The truth of each system that has test samples, and all trainings, seed after seed."""

    def data_of(system: str) -> tuple[Data, Path]:
        folder = options.workdir / system.replace(", ", "-").replace(" ", "-")
        return simulated(SYSTEMS[system].recipe, folder, SYSTEMS[system].tested), folder

    def learn(key: str, system: str, settings: Row, seed: int, samples: int) -> Row:
        about, (data, folder) = SYSTEMS[system], data_of(system)
        every = max(samples // CHECKPOINTS, 1)
        length = {"adversarial_samples": samples, "checkpoint_samples": every}
        wanted = {**about.settings, **length, **settings}
        found = judged_at_end(data, folder / key.replace(" ", "_"), wanted, seed, about.judge)
        return {"system": system, **found, "settings": settings, "samples": samples, "seed": seed}

    for system in options.only:
        if SYSTEMS[system].tested:
            truth = partial(lambda name: truth_against_truth(data_of(name)[0]), system)
            yield ("truths", system), truth
    for seed in range(1, options.seeds + 1):
        for system, settings in _trainings(options.only):
            samples = SYSTEMS[system].samples // options.shorter
            words = " ".join(f"{name}={value}" for name, value in sorted(settings.items()))
            key = f"{system} {samples} {words} seed={seed}"
            yield ("rows", key), partial(learn, key, system, settings, seed, samples)


def _trainings(only: Iterable[str]) -> Iterable[tuple[str, Row]]:
    for case in CASES:
        if case.system in only:
            yield case.system, case.broken
            yield case.system, {**case.broken, **case.cure}
    for system, variants in COMPARED.items():
        if system in only:
            yield from ((system, VARIANTS[name]) for name in variants)


def table(content: Row) -> str:
    """A table for each system and length, and one of the cases."""
    rows = list(content.get("rows", {}).values())
    lengths = sorted({(row["system"], row["samples"]) for row in rows})
    parts = [
        figure_table(rows, system, samples, content.get("truths", {}).get(system))
        for compared in COMPARED
        for system, samples in lengths
        if system == compared
    ]
    return "\n".join(part for part in [*parts, case_table(rows)] if part)


def figure_table(rows: list[Row], system: str, samples: int, truth: Figures | None) -> str:
    """A line a variant with the figures of its seeds, and the detectors that fired."""
    here = [row for row in rows if (row["system"], row["samples"]) == (system, samples)]
    names = list(dict.fromkeys(name for row in here for name in row["figures"]))
    lines = []
    for variant in COMPARED[system]:
        same = sorted(
            (row for row in here if row["settings"] == VARIANTS[variant]),
            key=lambda row: row["seed"],
        )
        if same:
            figures = [" / ".join(_figure(row, name) for row in same) for name in names]
            lines.append([variant, *figures, " / ".join(kinds(row["findings"]) for row in same)])
    if not lines:
        return ""
    if truth is not None:
        lines.append(["truth against truth", *(f"{truth[name][0]:.3g}" for name in names), NONE])
    head = ["loss, penalty", *names, "detectors that fired (in brackets: not at the end)"]
    return f"### {system}: {samples:,} samples each\n\n{markdown(head, lines)}"


def _figure(row: Row, name: str) -> str:
    if name in row["figures"]:
        return f"{row['figures'][name][0]:.3g}"
    return "stopped" if row["stopped"] else NONE


def case_table(rows: list[Row]) -> str:
    """A line a case and seed: what the detectors said before and after."""
    lines = [line for case in CASES for line in _case_lines(rows, case)]
    if not lines:
        return ""
    head = ["goes wrong", "system", "samples", "built to fail", "fires", "cure", "fires then"]
    return f"### Trainings built to fail, and cured\n\n{markdown(head, lines)}"


def _case_lines(rows: list[Row], case: Case) -> Iterable[list[str]]:
    cured = {**case.broken, **case.cure}
    here = [row for row in rows if row["system"] == case.system]
    for before in (row for row in here if row["settings"] == case.broken):
        for after in (row for row in here if row["settings"] == cured):
            if all(after[name] == before[name] for name in ("seed", "samples")):
                start = [case.kind, case.system, f"{before['samples']:,}", _words(case.broken)]
                yield [*start, _said(before, case), _words(case.cure), _said(after, case)]


def _words(settings: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _said(row: Row, case: Case) -> str:
    """The finding that is meant, and whether there were others."""
    others = {kind: about for kind, about in row["findings"].items() if kind != case.kind}
    own, said = row["findings"].get(case.kind), ["no"]
    if own is not None:
        said = [f"{'yes' if own['stands'] else 'yes, for a while'}: {own['evidence']}"]
    if others:
        said.append(f"but {kinds(others)}")
    if row["stopped"]:
        said.append(f"stopped: {row['stopped']}")
    return "; ".join(said)


EXPERIMENT = Experiment(
    "stability",
    __doc__,
    configurations,
    table,
    only=SYSTEMS,
    seeds=2,
    published=True,
)

if __name__ == "__main__":
    EXPERIMENT.main()
