"""What helps where there is little data: exact symmetries, and a stronger penalty.

A GAN learns from 100 %, 10 % and 1 % of a training set, with and without augmentation by the exact
symmetries, and with the weight gamma of the penalty as it is and ten times that; where a likelihood
stage comes before the adversarial one, by that stage alone, too. Every run of one length sees as
many samples, so with little data it sees each of them more often. The averaged generator at the end
is judged on events that no run saw, beside truth against truth: with 1 % there would be no
validation split to choose a checkpoint by. The held-out events that the detectors look at are as
many in every run. A training that was stopped continues from its run in WORKDIR. Writes
benchmarks/results/little_data.json and .md, and the table of docs/stability.md, after each.

    python benchmarks/little_data.py WORKDIR [--only ising showers] [--seeds 2]
"""

from collections.abc import Iterable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from lib.experiment import Configuration, Experiment, Options
from lib.measure import fidelity, judged_at_end, shortened, truth_against_truth
from lib.systems import ISING, SHOWERS, Data, part_of, simulated
from lib.table import FIGURES, NONE, Row, cells, kinds, markdown

from physgan import open_dataset

HELD_OUT = 1_024
CHECKPOINTS = 8
SHARES = (1.0, 0.1, 0.01)
SYSTEMS = {"ising": (ISING, 16_384, 4_000), "showers": (SHOWERS, 4_096, 2_000)}
"""Name -> (recipe, samples of the whole training set, samples of the test)."""
SETTINGS: dict[str, Row] = {
    "ising": {
        "likelihood_samples": 0,
        "head_start": 0,
        "adversarial_samples": 102_400,
        "generator_rate": 1e-3,
        "discriminator_rate": 1e-3,
        "gamma": 0.1,
    },
    "showers": {
        "generator_width": 32,
        "likelihood_samples": 96_000,
        "adversarial_samples": 64_000,
        "gamma": 0.1,
    },
}
VARIANTS: dict[str, tuple[bool, float | None]] = {
    "augmented": (True, 1.0),
    "not augmented": (False, 1.0),
    "augmented, 10 gamma": (True, 10.0),
    "not augmented, 10 gamma": (False, 10.0),
    "augmented, likelihood only": (True, None),
    "not augmented, likelihood only": (False, None),
}
"""Name -> (augment, factor of gamma or none for the likelihood stage only)."""


def configurations(options: Options) -> Iterable[Configuration]:
    """The truth of each system, and all runs, seed after seed."""

    def data_of(system: str, share: float) -> tuple[Data, Path]:
        (recipe, count, tested), folder = SYSTEMS[system], options.workdir / f"{system}-{share:g}"
        return simulated(part_of(recipe, round(share * count), HELD_OUT), folder, tested), folder

    def judge_truth(system: str) -> Row:
        return {"figures": truth_against_truth(data_of(system, 1.0)[0])}

    def learn(system: str, share: float, run: str, settings: Row, seed: int) -> Row:
        data, folder = data_of(system, share)
        found = judged_at_end(data, folder / run, settings, seed, fidelity)
        return {"events": len(open_dataset(data.train).splits["train"]), **found}

    for system in options.only:
        yield ("rows", f"{system} |  |  |  | "), partial(judge_truth, system)
    for seed, system, share, variant in product(
        range(1, options.seeds + 1), options.only, SHARES, options.variants
    ):
        settings = settings_of(system, variant, options.shorter)
        length = settings["likelihood_samples"] + settings["adversarial_samples"]
        if length:
            key = f"{system} | {share:.0%} | {variant} | {length} | {seed}"
            run = f"{variant} {length} {seed}".replace(", ", "-").replace(" ", "-")
            yield ("rows", key), partial(learn, system, share, run, settings, seed)


def settings_of(system: str, variant: str, shorter: int) -> Row:
    """All settings of a run that are not the domain's."""
    augment, factor = VARIANTS[variant]
    settings = {**shortened(SETTINGS[system], shorter), "augment": augment}
    settings["checkpoint_samples"] = max(settings["adversarial_samples"] // CHECKPOINTS, 1)
    if factor is None:
        return {**settings, "adversarial_samples": 0}
    return {**settings, "gamma": factor * settings["gamma"]}


def table(content: Row) -> str:
    """One line a run, and truth against truth."""
    head = ["system", "of the data", "variant", "samples seen", "seed", "events", *FIGURES, "fired"]
    lines = []
    for key, row in sorted(content["rows"].items(), key=_place):
        found = kinds(row["findings"]) if "findings" in row else NONE
        figures = cells(row["figures"])
        lines.append([*key.split(" | "), str(row.get("events", "")), *figures, found])
    return markdown(head, lines)


def _place(item: tuple[str, Row]) -> tuple[Any, ...]:
    system, share, variant, length, seed = item[0].split(" | ")
    order = [*VARIANTS, ""]
    known = float(share.strip("%")) if share else float("inf")
    return system, -known, order.index(variant), length, seed


EXPERIMENT = Experiment(
    "little_data",
    __doc__,
    configurations,
    table,
    only=SYSTEMS,
    seeds=2,
    options={"variants": tuple(VARIANTS)},
    published=True,
)

if __name__ == "__main__":
    EXPERIMENT.main()
