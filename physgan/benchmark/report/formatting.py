"""Results as text: the verdict at the top, formatted values and conditions."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from physgan.benchmark.break_even import break_even
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.report.words import words_of
from physgan.benchmark.results import Results, Verdict
from physgan.benchmark.sources import Bin
from physgan.benchmark.targets import CANNOT_TELL, MISSED, REACHED
from physgan.fidelity import TwoSampleResult

__all__ = [
    "break_even_sentence",
    "classifier_title",
    "condition_label",
    "condition_text",
    "condition_title",
    "condition_units",
    "error_sentence",
    "headline",
    "largest_auc_sentence",
    "long_time",
    "memory_text",
    "percent",
    "seconds_text",
    "short_name",
    "speed_sentence",
    "speed_words",
    "value_text",
    "with_error",
]


_MARKS = {"held out": " *", "edge": " †"}
_MANY = 1_000
"""Events a set from which on nothing is said of their number."""


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
    if results.plan.bins:
        return _bin_text(results, results.plan.bins[condition_index], named=True)
    return _named(results, results.plan.conditions[condition_index])


def condition_units(results: Results) -> dict[str, str]:
    """Condition name -> unit."""
    return {c.name: c.unit for c in results.simulator.conditions if c.unit != "1"}


def condition_label(results: Results, name: str) -> str:
    """Words for the axis of a condition: its long name, if no other condition has the same."""
    words = [c.long_name for c in results.simulator.conditions]
    found = next((c.long_name for c in results.simulator.conditions if c.name == name), "")
    return found if found and words.count(found) == 1 else short_name(results, name)


def short_name(results: Results, name: str) -> str:
    """A condition's name without its unit: "energy" for energy_mev."""
    return name.removesuffix(f"_{condition_units(results).get(name, '').lower()}")


def condition_title(results: Results, condition_index: int) -> str:
    """Condition `condition_index` as a heading, marked if training held it out or ended there."""
    star = _MARKS.get(results.seen_in_training[condition_index], "")
    bins = results.plan.bins
    if bins:
        named = len({each.name for each in bins}) > 1
        return _bin_text(results, bins[condition_index], named) + star
    return value_text(results, results.plan.conditions[condition_index]) + star


def value_text(results: Results, values: Mapping[str, float]) -> str:
    """Values of conditions, with names where their units do not tell them apart."""
    units = {name: condition_units(results).get(name, "") for name in values}
    known = list(units.values())
    if len(values) == 1 or (all(known) and len(set(known)) == len(known)):
        return ", ".join(f"{value:.4g} {units[name]}".strip() for name, value in values.items())
    return _named(results, values)


def _named(results: Results, values: Mapping[str, float]) -> str:
    units = condition_units(results)
    return ", ".join(
        f"{short_name(results, name)} {value:.4g} {units.get(name, '')}".strip()
        for name, value in values.items()
    )


def _bin_text(results: Results, chosen: Bin, named: bool) -> str:
    """A bin of a condition: "energy 200 to 317 MeV", "label 7", or "" for all events."""
    if not chosen.name:
        return ""
    low, high = f"{chosen.low:.4g}", f"{chosen.high:.4g}"
    span = low if low == high else f"{low} to {high}"
    name = short_name(results, chosen.name) if named else ""
    return f"{name} {span} {condition_units(results).get(chosen.name, '')}".strip()


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
    labels = {
        words: [
            verdict.target.label + place
            for verdict in results.verdicts
            for place in _places(results, verdict, name, words)
        ]
        for words in (MISSED, CANNOT_TELL)
    }
    counts = Counter(result.verdict for result in targets)
    reached = counts[REACHED]
    if not targets:
        sentence = "No targets are set."
    elif reached == len(targets):
        sentence = f"All {len(targets)} targets are reached."
    else:
        sentence = f"{reached} of {len(targets)} targets are reached, {counts[MISSED]} missed"
        sentence += f", {counts[CANNOT_TELL]} cannot be told." if counts[CANNOT_TELL] else "."
    worst = next((words for words in (MISSED, CANNOT_TELL) if counts[words]), REACHED)
    return {
        "passed": reached == len(targets),
        "verdict": worst,
        "reached": reached,
        "targets": len(targets),
        "sentence": sentence,
        "missed": labels[MISSED],
        "cannot_tell": labels[CANNOT_TELL],
    }


def _places(results: Results, verdict: Verdict, name: str, words: str) -> list[str]:
    """Where a source's verdict on a target is `words`: one text for all places, or none."""
    row = verdict.results[name]
    numbers = [n for n, found in enumerate(row) if found is not None and found.verdict == words]
    if not numbers:
        return []
    return [""] if verdict.together else [_at_conditions(results, numbers)]


def largest_auc_sentence(results: Results) -> str:
    """The largest AUC and how to read it, beside the truth's own and the other sources'."""
    name, words = results.surrogate.name, words_of(results)
    own = results.largest_auc[name]
    procedure = own.value.procedure
    others = [
        f"; {other} {with_error(*found.value.auc)}"
        for other, found in results.largest_auc.items()
        if other != name
    ]
    return (
        f"The largest AUC, {with_error(*own.value.auc)} on unseen {words.samples} "
        f"({procedure.tested}), says how well the best classifier tells generated from "
        f"{words.real} {words.samples} (0.5: not at all, 1: always; {words.real} against "
        f"{words.real} gives {with_error(*own.floor.auc)}{''.join(others)}). "
        f"It is of {classifier_title(own.value)}, trained on {procedure.samples}."
    )


def error_sentence(results: Results) -> str:
    """How wide the errors are where recorded events are few; "" where they are not."""
    recorded, name = results.simulator, results.surrogate.name
    if not isinstance(recorded, Recorded) or results.plan.count >= _MANY:
        return ""
    _, error = results.largest_auc[name].value.auc
    return (
        f"There are few recorded events: {len(recorded):,}, in {len(results.reference.sets) + 1} "
        f"sets of {results.plan.count:,}. The largest AUC is known to ± {error:.2g}; "
        "differences smaller than the errors in the tables cannot be seen. More events in the "
        "test split narrow them as the square root of their number."
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


def break_even_sentence(results: Results) -> str:
    """After how many events the surrogate has paid for itself; "" where costs are not known."""
    found = break_even(results)
    if found is None:
        return ""
    spent = (
        f"{found.learnt:,} simulated events ({long_time(found.learnt * found.simulating)}) and "
        f"{long_time(found.training)} of training"
    )
    if not np.isfinite(found.events):
        return f"It cost {spent}, which it never pays back: simulation is faster."
    return (
        f"It cost {spent}, which it has paid back after {float(f'{found.events:.2g}'):,.0f} events."
    )


def long_time(seconds: float) -> str:
    """A time in words, from seconds to days: "3.5 hours"."""
    for unit, size in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.2g} seconds"


def memory_text(size: int | None) -> str:
    """Bytes as megabytes."""
    return "–" if size is None else f"{size / 1e6:,.0f} MB"


def _at_conditions(results: Results, numbers: list[int]) -> str:
    """Some conditions in a row, if there are any: " at temperature 2.1 J/k_B, 2.5 J/k_B"."""
    if results.plan.bins:
        texts = [condition_text(results, n) for n in numbers]
        if len(numbers) == len(results.plan.bins) > 1:
            return " in all bins"
        return " at " + "; ".join(texts) if any(texts) else ""
    chosen = [results.plan.conditions[n] for n in numbers]
    if not chosen[0]:
        return ""
    if len(chosen[0]) > 1:
        return " at " + "; ".join(_named(results, condition) for condition in chosen)
    (name,) = chosen[0]
    values = ", ".join(value_text(results, condition) for condition in chosen)
    return f" at {short_name(results, name)} {values}"
