"""Results as text: the verdict at the top, formatted values and conditions."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from physgan.benchmark.results import Results
from physgan.fidelity import TwoSampleResult

__all__ = [
    "classifier_title",
    "condition_text",
    "condition_title",
    "condition_units",
    "headline",
    "largest_auc_sentence",
    "percent",
    "seconds_text",
    "speed_sentence",
    "speed_words",
    "value_text",
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


def seconds_text(seconds: float) -> str:
    """A time with a fitting unit: "21 µs"."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if seconds >= size or unit == "ns":
            return f"{seconds / size:.3g} {unit}"
    return "–"


def condition_text(results: Results, condition_index: int) -> str:
    """All values of condition `condition_index`, such as "temperature 2.269 J/k_B"."""
    units = condition_units(results)
    return ", ".join(
        f"{name} {value:.4g} {units.get(name, '')}".strip()
        for name, value in results.plan.conditions[condition_index].items()
    )


def condition_units(results: Results) -> dict[str, str]:
    """Condition name -> unit."""
    return {c.name: c.unit for c in results.simulator.conditions if c.unit != "1"}


def condition_title(results: Results, condition_index: int) -> str:
    """Condition `condition_index` as a heading, with a star if it was held out of training."""
    star = " *" if results.seen_in_training[condition_index] == "held out" else ""
    return value_text(results, results.plan.conditions[condition_index]) + star


def value_text(results: Results, values: Mapping[str, float]) -> str:
    """Values of conditions, with names where their units do not tell them apart."""
    units = {name: condition_units(results).get(name, "") for name in values}
    known = list(units.values())
    if len(values) == 1 or (all(known) and len(set(known)) == len(known)):
        return ", ".join(f"{value:.4g} {units[name]}".strip() for name, value in values.items())
    return ", ".join(f"{name} {value:.4g} {units[name]}".strip() for name, value in values.items())


def classifier_title(result: TwoSampleResult) -> str:
    """Kind of classifier and what it saw: "boosted trees on cell spectrum"."""
    return f"{result.procedure.settings.label} on {result.view}"


def headline(results: Results) -> dict[str, Any]:
    """How many targets are reached, and which are missed where; likewise for each variant."""
    variants = [
        {"name": source.name, **_reached(results, source.name)}
        for source in results.of_role("variant")
    ]
    return {**_reached(results, results.surrogate.name), "variants": variants}


def _reached(results: Results, name: str) -> dict[str, Any]:
    """One source's part of the headline."""
    targets = results.target_results(name)
    missed = []
    for verdict in results.verdicts:
        row = verdict.results[name]
        short = {n: found for n, found in enumerate(row) if found is not None and not found.passed}
        if short:
            place = "" if verdict.together else _at_conditions(results, list(short))
            untold = not any(found.resolved for found in short.values())
            missed.append(verdict.target.label + place + " (too few samples to tell)" * untold)
    reached = sum(result.passed for result in targets)
    if not targets:
        sentence = "No targets are set."
    elif reached == len(targets):
        sentence = f"All {len(targets)} targets are reached."
    else:
        sentence = f"{reached} of {len(targets)} targets are reached."
    return {
        "passed": reached == len(targets),
        "reached": reached,
        "targets": len(targets),
        "sentence": sentence,
        "missed": missed,
    }


def largest_auc_sentence(results: Results) -> str:
    """The largest AUC with what it was made from, beside the truth's own and the other sources'."""
    name = results.surrogate.name
    own = results.largest_auc[name]
    beside = {"truth against truth": own.floor}
    beside |= {other: found.value for other, found in results.largest_auc.items() if other != name}
    words = "; ".join(f"{source} {with_error(*found.auc)}" for source, found in beside.items())
    return (
        f"The largest AUC of all classifiers is {with_error(*own.value.auc)} ({words}), "
        f"of {classifier_title(own.value)}, trained on {own.value.procedure.samples}."
    )


def speed_words(results: Results) -> str:
    """How many times faster than the simulator at the largest batch; "" if that is not known."""
    found = _speeds(results)
    if found is None or not np.isfinite(found[2]):
        return ""
    ratio = found[2] / found[1]
    factor, word = (ratio, "faster") if ratio >= 1 else (1 / ratio, "slower")
    return f"{float(f'{factor:.2g}'):g} times {word} than simulation"


def _speeds(results: Results) -> tuple[int, float, float] | None:
    """The largest batch, seconds a sample at it, and the simulator's for the hardest condition."""
    if results.speed is None:
        return None
    batches = results.speed.sources[results.surrogate.name]
    largest = max(batches)
    truth = results.speed.simulator[results.speed.hardest]
    return largest, float(np.median(batches[largest])), float(np.median(truth))


def speed_sentence(results: Results) -> str:
    """One sentence on speed at the largest batch, as it is."""
    speed, found = results.speed, _speeds(results)
    if speed is None or found is None:
        return ""
    largest, own, truth = found
    if not np.isfinite(truth):
        return f"At batches of {largest:,} the surrogate takes {seconds_text(own)} a sample."
    return (
        f"At batches of {largest:,} the surrogate takes {seconds_text(own)} a sample; the "
        f"simulator takes {seconds_text(truth)} for an independent "
        f"one{_at_conditions(results, [speed.hardest])}: the surrogate is {speed_words(results)}."
    )


def _at_conditions(results: Results, numbers: list[int]) -> str:
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
