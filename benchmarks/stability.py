"""Which games hold: loss x penalty against the modes of a ring, and lattices and showers.

Every game of a ground sees as many samples, with the settings of the ground's domain but for the
loss and the penalty. Judged is the averaged generator at the end and not the best of the
checkpoints, which would hide what went wrong. Then the detectors: a game built to fail and the
same one cured, and which detectors fired (`physgan.training.diagnostics`). A game that is in
benchmarks/results/stability.json already is skipped, one that was stopped goes on from its run in
WORKDIR. Writes benchmarks/results/stability.json and .md, and the
tables of docs/stability.md, after each.

    python benchmarks/stability.py WORKDIR [--only ring ising ...] [--seeds 2] [--shorter 10]
"""

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stability_games import CASES, GAMES, GROUNDS, PLAYED, Case
from trials import RESULTS, fired, kinds, last_generator, publish, write

from physgan import train
from physgan.errors import PhysganError

CHECKPOINTS = 16
_DIGITS = 3

Row = dict[str, Any]
Rows = dict[str, Row]


def key_of(ground: str, settings: dict[str, Any], seed: int, samples: int) -> str:
    """The name of a game, of its row and of its run."""
    chosen = " ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    return f"{ground} {samples} {chosen} seed={seed}"


def folder_of(ground: str, workdir: Path) -> Path:
    """Where a ground's data and runs lie."""
    return workdir / ground.replace(", ", "-").replace(" ", "-")


def play(ground: str, settings: dict[str, Any], seed: int, samples: int, workdir: Path) -> Row:
    """Train one game to its end, judge where it led, and ask the detectors."""
    where, folder = GROUNDS[ground], folder_of(ground, workdir)
    folder.mkdir(parents=True, exist_ok=True)
    dataset = where.make(folder)
    run = folder / key_of(ground, settings, seed, samples).replace(" ", "_")
    length = {"adversarial_samples": samples, "checkpoint_samples": samples // CHECKPOINTS}
    start, stopped = time.process_time(), ""
    try:
        train(dataset, run, {**where.settings, **length, **settings}, seed=seed)
    except PhysganError as error:
        stopped = str(error).split(";")[0]
    cpu = time.process_time() - start
    return {
        "ground": ground,
        "settings": settings,
        "samples": samples,
        "seed": seed,
        "cpu_seconds": round(cpu, 1),
        "stopped": stopped,
        "findings": fired(run),
        "figures": {} if stopped else where.judge(last_generator(dataset, run), folder),
    }


def asked(only: list[str], seeds: int) -> Iterable[tuple[str, dict[str, Any], int]]:
    """(ground, settings, seed) of all games, seed after seed."""
    for seed in range(1, seeds + 1):
        for case in CASES:
            if case.ground in only:
                yield case.ground, case.broken, seed
                yield case.ground, {**case.broken, **case.cure}, seed
        for ground in PLAYED:
            if ground in only:
                yield from ((ground, GAMES[name], seed) for name in PLAYED[ground])


def figure_table(
    rows: Iterable[Row], ground: str, samples: int, truth: dict[str, list[float]] | None
) -> list[str]:
    """A line a game with the figures of its seeds, and the detectors that fired."""
    there = [r for r in rows if (r["ground"], r["samples"]) == (ground, samples)]
    names = list(dict.fromkeys(name for row in there for name in row["figures"]))
    lines = []
    for game in PLAYED[ground]:
        same = sorted((r for r in there if r["settings"] == GAMES[game]), key=lambda r: r["seed"])
        if same:
            cells = [" / ".join(_figure(row, name) for row in same) for name in names]
            seen = " / ".join(kinds(row["findings"]) for row in same)
            lines.append(f"| {game} | {' | '.join([*cells, seen])} |")
    if not lines:
        return []
    if truth is not None:
        cells = [f"{truth[name][0]:.{_DIGITS}g}" for name in names]
        lines.append(f"| truth against truth | {' | '.join([*cells, '–'])} |")
    head = ["game", *names, "detectors that fired (in brackets: not at the end)"]
    title = f"### {ground}: {samples:,} samples a game"
    return [title, "", f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines, ""]


def _figure(row: Row, name: str) -> str:
    if name in row["figures"]:
        return f"{row['figures'][name][0]:.{_DIGITS}g}"
    return "stopped" if row["stopped"] else "–"


def case_table(rows: Iterable[Row]) -> list[str]:
    """A line a case and seed: what the detectors said before and after."""
    rows = list(rows)
    lines = [line for case in CASES for line in _case_lines(rows, case)]
    if not lines:
        return []
    head = ["goes wrong", "ground", "samples", "built to fail", "fires", "cure", "fires then"]
    title = "### Games built to fail, and cured"
    return [title, "", f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines, ""]


def _case_lines(rows: list[Row], case: Case) -> list[str]:
    cured = {**case.broken, **case.cure}
    here = [row for row in rows if row["ground"] == case.ground]
    lines = []
    for before in (row for row in here if row["settings"] == case.broken):
        place = before["seed"], before["samples"]
        for after in here:
            if after["settings"] == cured and (after["seed"], after["samples"]) == place:
                cells = [case.kind, case.ground, f"{before['samples']:,}", _words(case.broken)]
                cells += [_said(before, case.kind), _words(case.cure), _said(after, case.kind)]
                lines.append(f"| {' | '.join(cells)} |")
    return lines


def _words(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _said(row: Row, kind: str) -> str:
    """The finding that is meant, and whether there were others."""
    others = {name: about for name, about in row["findings"].items() if name != kind}
    own = row["findings"].get(kind)
    said = "no"
    if own is not None:
        said = f"{'yes' if own['stands'] else 'yes, for a while'}: {own['evidence']}"
    return "; ".join([said, *([f"but {kinds(others)}"] if others else []), *_halt(row)])


def _halt(row: Row) -> list[str]:
    return [f"stopped: {row['stopped']}"] if row["stopped"] else []


def tables(rows: Rows, truths: dict[str, dict[str, list[float]]]) -> str:
    """All tables as Markdown."""
    lengths = sorted({(row["ground"], row["samples"]) for row in rows.values()})
    parts = [
        figure_table(rows.values(), *place, truths.get(ground))
        for ground in PLAYED
        for place in lengths
        if place[0] == ground
    ]
    return "\n".join([line for part in [*parts, case_table(rows.values())] for line in part])


def main() -> None:
    """Play what has not been played yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--only", nargs="+", choices=GROUNDS, default=list(GROUNDS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--shorter", type=int, default=1, help="divide every length by this")
    options = parser.parse_args()
    store = RESULTS / "stability.json"
    before = json.loads(store.read_text()) if store.exists() else {}
    rows: Rows = before.get("rows", {})
    truths = before.get("truths", {})
    games = list(asked(options.only, options.seeds))
    for number, (ground, settings, seed) in enumerate(games, 1):
        where = GROUNDS[ground]
        samples = where.samples // options.shorter
        key = key_of(ground, settings, seed, samples)
        if key not in rows:
            rows[key] = play(ground, settings, seed, samples, options.workdir)
            if where.truth is not None and ground not in truths:
                truths[ground] = where.truth(folder_of(ground, options.workdir))
            text = tables(rows, truths)
            write("stability", {"rows": rows, "truths": truths}, text)
            publish("stability", text)
        print(f"{number}/{len(games)} {key}: {rows[key]['figures']}", flush=True)


if __name__ == "__main__":
    main()
