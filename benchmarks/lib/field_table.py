"""Tables of surrogates of fields beside their simulator: what was asked and what was reached."""

import math
from collections.abc import Sequence

import numpy as np

from lib import field_figures as of
from lib.table import NONE, Row, markdown

BASELINE, AGAIN = "copula", "truth B"
TARGETS = {of.POWER: 5.0, of.COVARIANCE: 15.0, of.ONE_POINT: 3.0, of.MINKOWSKI: 5.0, "auc": 0.75}
"""Figure -> the largest that is good enough."""
WORDS = {
    of.POWER: "P(k), %",
    of.COVARIANCE: "covariance of ln P, %",
    of.ONE_POINT: "one-point W1 over truth's",
    of.MINKOWSKI: "Minkowski functionals, %",
    "auc": "largest AUC",
}
BATCHES = {1: 10, 100: 1, 1000: 1}
"""Batch size -> calls in a round."""


def verdict(name: str, figure: Sequence[float]) -> str:
    """Whether a figure reaches its target, as far as its error can tell."""
    most, doubt = TARGETS[name], 2 * figure[1]
    if figure[0] <= most:
        return "reached" if doubt <= most else "too few maps"
    return "within errors" if figure[0] - doubt <= most else "missed"


def beside(own: Sequence[float], baseline: Sequence[float] | None) -> str:
    """Whether a figure is below the baseline's, by two standard errors of the difference."""
    if baseline is None:
        return NONE
    errors = (own[0] - baseline[0]) / max(float(np.hypot(own[1], baseline[1])), 1e-12)
    return "better" if errors < -2 else "worse" if errors > 2 else "equal"


def table(content: Row) -> str:
    """What was asked beside what was reached; every condition; training and speed."""
    rows = content["rows"]
    about = rows[AGAIN]["about"]
    parts = [
        f"# Surrogates of {content['recipe']} beside their simulator\n",
        f"{content['maps']:,} maps of each at each condition, from {about['runs']} runs where they "
        f"are the simulator's; {content['classified']:,} of them for classifiers. What is asked of "
        "each figure is in the first table; value ± standard error. Made by "
        f"`python benchmarks/fields.py WORKDIR --recipe {content['recipe']}`, whose docstring "
        "defines the figures.\n",
        "## All conditions: the largest figure\n",
        _summary(rows),
        "## Each condition\n",
        _conditions(rows, about),
        "## Classifiers\n",
        _classifiers(rows),
    ]
    if content.get("speed"):
        parts += ["## Time\n", _speed(rows, list(content["speed"].values())[-1])]
    return "\n".join(parts)


def _summary(rows: Row) -> str:
    baseline = rows.get(BASELINE, {}).get("all", {})
    head = ["", *(f"{WORDS[name]} (at most {most:g})" for name, most in TARGETS.items())]
    lines = []
    for name, row in rows.items():
        cells = []
        for figure, own in ((figure, row["all"][figure]) for figure in TARGETS):
            words = [_cell(figure, own)]
            if name != AGAIN:
                words.append(verdict(figure, own))
            if name not in (AGAIN, BASELINE) and baseline:
                words.append(
                    f"{beside(own, baseline[figure])} than baseline".replace("equal than", "as")
                )
            cells.append(", ".join(words))
        lines.append([name, *cells])
    return markdown(head, lines)


def _conditions(rows: Row, about: Row) -> str:
    head = ["condition", "", *WORDS.values()]
    lines = []
    for number, place in enumerate(about["conditions"]):
        out = rows[AGAIN]["truth"][number]["held_out"]
        where = ", ".join(f"{name} {at:g}{'*' * (name in out)}" for name, at in place.items())
        for name, row in rows.items():
            own = row["rows"][number]
            cells = [_cell(figure, own[figure], name != AGAIN) for figure in TARGETS]
            lines.append([where, name, *cells])
    note = (
        "`*`: in a band that training never saw. `!`: misses its target by two standard errors.\n"
    )
    return f"{markdown(head, lines)}\n{note}"


def _cell(name: str, figure: Sequence[float], marked: bool = False) -> str:
    raw = f" ({figure[2]:.0f})" if name == of.COVARIANCE else ""
    mark = "!" if marked and verdict(name, figure) == "missed" else ""
    return f"{_figure(figure)}{raw}{mark}"


def _figure(figure: Sequence[float]) -> str:
    """Value and error to the error's first digit."""
    digits = max(0, -math.floor(math.log10(max(figure[1], 1e-3))))
    return f"{figure[0]:.{digits}f} ± {figure[1]:.{digits}f}"


def _classifiers(rows: Row) -> str:
    procedures = {each["name"]: each["procedure"] for each in rows[AGAIN]["classifiers"]}
    lines = [
        [name, *(_figure(each["auc"]) for each in row["classifiers"])] for name, row in rows.items()
    ]
    said = "".join(f"- {name}: {words}.\n" for name, words in procedures.items())
    return f"{markdown(['', *procedures], lines)}\n{said}"


def _speed(rows: Row, speed: Row) -> str:
    seconds = speed["seconds"]
    independent, raw = seconds["independent"], seconds["map"]
    head = ["", "training, s", "CPU s", "threads"]
    head += [*(f"ms a map, batch {batch}" for batch in BATCHES), "times faster", "break-even, maps"]
    lines = []
    for name, row in rows.items():
        if f"{name}, 1" in seconds:
            own = [seconds[f"{name}, {batch}"] for batch in BATCHES]
            training = row["training"]
            lines.append(
                [
                    name,
                    *(_whole(training[k]) for k in ("wall_seconds", "cpu_seconds", "threads")),
                    *(f"{1e3 * each:.3g}" for each in own),
                    f"{independent / own[1]:,.0f}",
                    _whole(
                        break_even(
                            speed["events"], raw, training["wall_seconds"], independent, own[1]
                        )
                    ),
                ]
            )
    return (
        f"Simulator, on {speed['threads']} thread(s): {1e3 * raw:.3g} ms a map, "
        f"{1e3 * independent:.3g} ms an independent one ({speed['independence']}). "
        f"Dataset of {speed['events']:,} maps. Batches of 100 count; asked for is 1,000 times "
        f"of N-body maps.\n\n{markdown(head, lines)}"
    )


def break_even(
    events: int, a_map: float, training: float | None, independent: float, own: float
) -> float | None:
    """Maps from which simulating the dataset, training and drawing cost less than simulating."""
    if training is None or independent <= own:
        return None
    return (events * a_map + training) / (independent - own)


def _whole(number: float | None) -> str:
    return NONE if number is None else f"{number:,.0f}"
