"""Numbers as words: the verdict at the top, formatted values and conditions."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from physgan.benchmark.results import Results

__all__ = [
    "condition_title",
    "condition_units",
    "condition_words",
    "headline",
    "percent",
    "seconds_words",
    "speed_words",
    "value_words",
    "with_error",
]


def with_error(value: float, error: float) -> str:
    """Value and error to two digits of the error: "-1.4531 ± 0.0012"."""
    if not np.isfinite(value):
        return "–"
    if not np.isfinite(error) or error <= 0:
        return f"{value:.4g}"
    digits = int(np.clip(1 - np.floor(np.log10(error)), 0, 9))
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def percent(value: float, error: float = float("nan")) -> str:
    """A share in per cent, with its error if there is one."""
    if not np.isfinite(value):
        return "–"
    return (
        f"{100 * value:.1f} ± {100 * error:.1f} %" if np.isfinite(error) else f"{100 * value:.1f} %"
    )


def seconds_words(seconds: float) -> str:
    """A time with a fitting unit: "21 µs"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if seconds >= size or unit == "ns":
            return f"{seconds / size:.3g} {unit}"
    return "–"


def condition_words(results: Results, number: int) -> str:
    """All values of condition `number`, such as "temperature 2.269 J/k_B"."""
    units = condition_units(results)
    return ", ".join(
        f"{name} {value:.4g} {units.get(name, '')}".strip()
        for name, value in results.plan.conditions[number].items()
    )


def condition_units(results: Results) -> dict[str, str]:
    """Condition name -> unit."""
    return {c.name: c.unit for c in results.simulator.conditions if c.unit != "1"}


def condition_title(results: Results, number: int) -> str:
    """Condition `number` as a heading, with a star if it was held out of training."""
    star = " *" if results.flags[number] == "held out" else ""
    return value_words(results, results.plan.conditions[number]) + star


def value_words(results: Results, values: Mapping[str, float]) -> str:
    """Values of conditions, with names where their units do not tell them apart."""
    units = {name: condition_units(results).get(name, "") for name in values}
    known = list(units.values())
    if len(values) == 1 or (all(known) and len(set(known)) == len(known)):
        return ", ".join(f"{value:.4g} {units[name]}".strip() for name, value in values.items())
    return ", ".join(f"{name} {value:.4g} {units[name]}".strip() for name, value in values.items())


def headline(results: Results) -> dict[str, Any]:
    """How many targets are reached, and which are missed where; likewise for each variant."""
    variants = [
        {"name": source.name, **_reached(results, source.name)}
        for source in results.of_role("variant")
    ]
    return {**_reached(results, results.surrogate.name), "variants": variants}


def _reached(results: Results, name: str) -> dict[str, Any]:
    """One source's part of the headline."""
    cells = results.cells(name)
    missed = []
    for verdict in results.verdicts:
        row = verdict.cells[name]
        where = [n for n, cell in enumerate(row) if cell is not None and not cell.passed]
        if where:
            missed.append(verdict.target.label + _places(results, where))
    reached = sum(cell.passed for cell in cells)
    if not cells:
        sentence = "No targets are set."
    elif reached == len(cells):
        sentence = f"All {len(cells)} targets are reached."
    else:
        sentence = f"{reached} of {len(cells)} targets are reached."
    return {
        "passed": reached == len(cells),
        "reached": reached,
        "targets": len(cells),
        "sentence": sentence,
        "missed": missed,
    }


def speed_words(results: Results) -> str:
    """One sentence on speed at the largest batch, as it is."""
    speed = results.speed
    if speed is None:
        return ""
    batches = speed.sources[results.surrogate.name]
    largest = max(batches)
    own = float(np.median(batches[largest]))
    truth = float(np.median(speed.simulator[speed.hardest]))
    if not np.isfinite(truth):
        return f"At batches of {largest:,} the surrogate takes {seconds_words(own)} a sample."
    ratio = truth / own
    factor, word = (ratio, "faster") if ratio >= 1 else (1 / ratio, "slower")
    comparison = f"{float(f'{factor:.2g}'):g} times {word}"
    return (
        f"At batches of {largest:,} the surrogate takes {seconds_words(own)} a sample; the "
        f"simulator takes {seconds_words(truth)} for an independent "
        f"one{_places(results, [speed.hardest])}: the surrogate is {comparison}."
    )


def _places(results: Results, numbers: list[int]) -> str:
    """Some conditions in a row, if there are any: " at temperature 2.1, 2.5"."""
    chosen = [results.plan.conditions[n] for n in numbers]
    if not chosen[0]:
        return ""
    if len(chosen[0]) > 1:
        return " at " + "; ".join(_short(condition) for condition in chosen)
    (name,) = chosen[0]
    return f" at {name} {', '.join(f'{condition[name]:.4g}' for condition in chosen)}"


def _short(condition: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in condition.items())
