"""What helps where there is little data: exact symmetries, and a stronger penalty.

A GAN learns from 100 %, 10 % and 1 % of a training set, with and without augmentation by the exact
symmetries, and with the weight gamma of the penalty as it is and ten times that; where a likelihood
stage comes before the game, by that stage alone, too. Every run of one length sees as many samples,
so with little data it sees each of them more often. The averaged generator at the end is judged on
events that no run saw, beside truth against truth: with 1 % there would be no validation split to
choose a checkpoint by. The held-out events that the detectors look at are as many in every run. A
run that is in benchmarks/results/little_data.json already is skipped, one that was stopped goes on
from WORKDIR. Writes benchmarks/results/little_data.json and .md, and the table of
docs/stability.md, after each.

    python benchmarks/little_data.py WORKDIR [--only ising showers] [--seeds 2] [--shorter 4]
"""

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from trials import (
    ISING,
    RESULTS,
    Sides,
    cells,
    fired,
    kinds,
    last_generator,
    publish,
    quality,
    simulated,
    write,
)

from physgan import open_dataset, train
from physgan.data import Recipe, load_recipe
from physgan.domains import domain_of

SEED = 0
HELD_OUT = 1_024
CHECKPOINTS = 8
SHARES = (1.0, 0.1, 0.01)
FIGURES = ["AUC high-level", "AUC low-level", "Fréchet distance", "coverage"]

Row = dict[str, Any]
Rows = dict[str, Row]


class System(NamedTuple):
    """What is learnt.

    Attributes:
        recipe: of the events.
        events: of the whole training set.
        tested: of the test, and of the other truth beside it.
        settings: what all runs share; their gamma is ten times as large where it is stronger.
    """

    recipe: Recipe
    events: int
    tested: int
    settings: dict[str, Any]


SYSTEMS = {
    "ising": System(
        ISING,
        16_384,
        4_000,
        {
            "likelihood_samples": 0,
            "head_start": 0,
            "adversarial_samples": 102_400,
            "generator_rate": 1e-3,
            "discriminator_rate": 1e-3,
            "gamma": 0.1,
        },
    ),
    "showers": System(
        load_recipe("calo-small"),
        4_096,
        2_000,
        {
            "generator_width": 32,
            "likelihood_samples": 96_000,
            "adversarial_samples": 64_000,
            "gamma": 0.1,
        },
    ),
}
VARIANTS: dict[str, tuple[bool, float | None]] = {
    "augmented": (True, 1.0),
    "not augmented": (False, 1.0),
    "augmented, 10 gamma": (True, 10.0),
    "not augmented, 10 gamma": (False, 10.0),
    "augmented, no game": (True, None),
    "not augmented, no game": (False, None),
}
"""Name -> (augment, factor of gamma or none for the likelihood alone)."""


def settings_of(system: str, variant: str, shorter: int) -> dict[str, Any]:
    """All settings of a run that are not the domain's."""
    augment, factor = VARIANTS[variant]
    shared = SYSTEMS[system].settings
    lengths = {name: n // shorter for name, n in shared.items() if name.endswith("_samples")}
    changed = {
        "augment": augment,
        "checkpoint_samples": max(lengths["adversarial_samples"] // CHECKPOINTS, 1),
    }
    if factor is None:
        return {**shared, **lengths, **changed, "adversarial_samples": 0}
    return {**shared, **lengths, **changed, "gamma": factor * shared["gamma"]}


def events_of(system: str, share: float, folder: Path) -> tuple[Path, Sides, Sides]:
    """The training set with its held-out events, test events, and others for the floor."""
    where = SYSTEMS[system]
    events = round(share * where.events)
    count = events + HELD_OUT
    splits = {"train": events / count, "validation": HELD_OUT / count}
    recipe = replace(where.recipe, count=count, splits=splits)
    return simulated(recipe, folder, where.tested, SEED)


def learn(system: str, share: float, variant: str, seed: int, shorter: int, workdir: Path) -> Row:
    """Train and judge one generator."""
    folder = workdir / f"{system}-{share:g}"
    folder.mkdir(parents=True, exist_ok=True)
    dataset, (samples, conditions), _ = events_of(system, share, folder)
    settings = settings_of(system, variant, shorter)
    length = settings["likelihood_samples"] + settings["adversarial_samples"]
    run = folder / f"{variant} {length} {seed}".replace(", ", "-").replace(" ", "-")
    start = time.process_time()
    train(dataset, run, settings, seed=seed)
    cpu = time.process_time() - start
    domain = domain_of(open_dataset(dataset).info)
    made = last_generator(dataset, run).sample(conditions, SYSTEMS[system].tested, SEED)
    return {
        "settings": settings,
        "events": len(open_dataset(dataset).splits["train"]),
        "cpu_seconds": round(cpu, 1),
        "findings": fired(run),
        "figures": quality(domain, (samples, conditions), (made, conditions), SEED),
    }


def floor(system: str, workdir: Path) -> Row:
    """Truth against truth on as many events as the generators are judged on."""
    folder = workdir / f"{system}-1"
    folder.mkdir(parents=True, exist_ok=True)
    dataset, test, other = events_of(system, 1.0, folder)
    domain = domain_of(open_dataset(dataset).info)
    return {"figures": quality(domain, test, other, SEED)}


def key_of(system: str, share: float, variant: str, seed: int, shorter: int) -> str:
    """The name of a row; lengths are in it, so that trials and full runs stay apart."""
    settings = settings_of(system, variant, shorter)
    length = settings["likelihood_samples"] + settings["adversarial_samples"]
    return f"{system} | {share:.0%} | {variant} | {length} | {seed}"


def table(rows: Rows) -> str:
    """One line a run, and truth against truth."""
    head = ["system", "of the data", "variant", "samples seen", "seed", "events", *FIGURES, "fired"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for key, row in sorted(rows.items(), key=_place):
        seen = kinds(row["findings"]) if "findings" in row else "–"
        parts = [*key.split(" | "), str(row.get("events", "")), *cells(row["figures"], FIGURES)]
        lines.append(f"| {' | '.join([*parts, seen])} |")
    return "\n".join(lines) + "\n"


def _place(item: tuple[str, Row]) -> tuple[Any, ...]:
    system, share, variant, length, seed = item[0].split(" | ")
    order = [*VARIANTS, ""]
    known = float(share.strip("%")) if share else float("inf")
    return system, -known, order.index(variant), length, seed


def asked(
    only: list[str], variants: list[str], seeds: int
) -> Iterable[tuple[str, float, str, int]]:
    """All runs, seed after seed."""
    for seed in range(1, seeds + 1):
        for system in only:
            likelihood = SYSTEMS[system].settings["likelihood_samples"]
            played = [v for v in variants if VARIANTS[v][1] is not None or likelihood]
            for share in SHARES:
                yield from ((system, share, variant, seed) for variant in played)


def main() -> None:
    """Learn what has not been learnt yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--shorter", type=int, default=1, help="divide every length by this")
    options = parser.parse_args()
    store = RESULTS / "little_data.json"
    rows: Rows = json.loads(store.read_text())["rows"] if store.exists() else {}
    for system in options.only:
        key = f"{system} |  |  |  | "
        if key not in rows:
            rows[key] = floor(system, options.workdir)
    for run in asked(options.only, options.variants, options.seeds):
        key = key_of(*run, options.shorter)
        if key not in rows:
            rows[key] = learn(*run, options.shorter, options.workdir)
            write("little_data", {"rows": rows}, table(rows))
            publish("little_data", table(rows))
        print(key, rows[key]["figures"], flush=True)


if __name__ == "__main__":
    main()
