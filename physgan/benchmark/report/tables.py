"""Tables of the report: rows of cells, ready to be laid out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from physgan.benchmark.compare import NOMINAL, Comparison
from physgan.benchmark.report.formatting import (
    classifier_title,
    condition_title,
    memory_text,
    percent,
    seconds_text,
    with_error,
)
from physgan.benchmark.results import Results, Verdict
from physgan.benchmark.sources import DrawnSet
from physgan.benchmark.speed import Speed
from physgan.benchmark.targets import CANNOT_TELL, MISSED, REACHED, TargetResult
from physgan.domains.base import EnsembleObservable, Spectrum
from physgan.fidelity import ClassReport, largest_auc

__all__ = [
    "Entry",
    "Table",
    "auc_table",
    "class_figures",
    "class_shares",
    "classifier_table",
    "curve_table",
    "distance_table",
    "overlap_table",
    "relaxation_table",
    "spectrum_table",
    "speed_tables",
    "target_table",
    "value_table",
    "vector_table",
]

FLOOR = "truth against truth"
_LOUD = 4.0


@dataclass(frozen=True)
class Entry:
    """One cell: text, a smaller second line, and "pass", "fail", "loud" or "" as its kind."""

    text: str
    note: str = ""
    kind: str = ""


@dataclass
class Table:
    """A head and rows; each row is its name, the name's kind and entries."""

    head: list[str]
    rows: list[tuple[str, str, list[Entry]]] = field(default_factory=list)


def target_table(results: Results) -> Table:
    """Targets against conditions: the surrogate's figures, passed or not."""
    table, own = _with_conditions(results, "target"), results.surrogate.name
    together = any(verdict.together for verdict in results.verdicts)
    if together:
        table.head.insert(1, "all")
    blank = [Entry("")]
    for verdict in results.verdicts:
        for source in results.sources:
            found = [_target_entry(verdict, result) for result in verdict.results[source.name]]
            if verdict.together:
                found += blank * len(results.plan.conditions)
            elif together:
                found = blank + found
            if source.name == own:
                table.rows.append((_target_text(verdict), "surrogate", found))
            elif source.role == "variant":
                table.rows.append((source.name, "variant", found))
            elif verdict.target.measure != "baseline":
                quiet = [Entry(entry.text, entry.note) for entry in found]
                table.rows.append((source.name, "quiet", quiet))
    return table


def overlap_table(results: Results, name: str) -> Table:
    """Histogram overlaps of one observable."""
    table = _with_conditions(results, "overlap")
    floors = [floors[name] for floors in results.reference.floors]
    cells = [Entry(percent(f.overlap, f.scatter)) for f in floors]
    table.rows.append((FLOOR, "quiet", cells))
    for source in results.sources:
        histograms = [c.histograms[name] for c in results.comparisons[source.name]]
        entries = [
            Entry(percent(*h.overlap), f"{percent(h.ratio[0])} of truth’s own") for h in histograms
        ]
        table.rows.append((source.name, source.role, entries))
    return table


def distance_table(results: Results, name: str, unit: str) -> Table:
    """1-Wasserstein distances of one observable."""
    table = _with_conditions(results, "W₁" if unit == "1" else f"W₁ ({unit})")
    floors = [floors[name] for floors in results.reference.floors]
    table.rows.append((FLOOR, "quiet", [Entry(f"{f.wasserstein:.2g}") for f in floors]))
    for source in results.sources:
        distances = [c.histograms[name].wasserstein for c in results.comparisons[source.name]]
        entries = [Entry(with_error(*distance)) for distance in distances]
        table.rows.append((source.name, source.role, entries))
    return table


def spectrum_table(results: Results, spectrum: Spectrum) -> Table:
    """Separation powers of one spectrum, and what they are over the truth's own."""
    table, name = _with_conditions(results, "separation power"), spectrum.name
    floors = [floors[name] for floors in results.reference.spectrum_floors]
    cells = [Entry(with_error(f.separation, f.error)) for f in floors]
    table.rows.append((FLOOR, "quiet", cells))
    for source in results.sources:
        row = []
        for comparison, floor in zip(results.comparisons[source.name], floors, strict=True):
            found = comparison.spectra[name]
            note = f"{with_error(*found.ratio)} times truth’s own"
            if spectrum.parts:
                worst = int(np.argmax(found.parts / np.maximum(floor.parts, 1e-300)))
                note = f"most in {spectrum.parts[worst]}"
            row.append(Entry(with_error(*found.separation), note))
        table.rows.append((source.name, source.role, row))
    return table


def value_table(results: Results, observable: EnsembleObservable) -> Table:
    """A scalar observable: exact, simulated, and every source with its pull."""
    table = _with_conditions(results, _unit_text(observable.symbol, observable.unit))
    reference, name = results.reference, observable.name
    exact = [values[name] for values in reference.exact]
    if any(value is not None for value in exact):
        entries = [Entry("–" if v is None else f"{float(v):.5f}") for v in exact]
        table.rows.append(("exact", "quiet", entries))
    pooled = [by_name[name] for by_name in reference.estimates]
    entries = [Entry(with_error(float(e.value), float(e.error))) for e in pooled]
    table.rows.append((f"{results.reference_set.name} × {len(reference.sets)}", "quiet", entries))
    for source in results.sources:
        comparisons = results.comparisons[source.name]
        row = [_value_entry(comparison, name) for comparison in comparisons]
        table.rows.append((source.name, source.role, row))
    return table


def vector_table(results: Results, observable: EnsembleObservable) -> Table:
    """A vector observable: largest relative deviation of an entry, in per cent."""
    table = _with_conditions(results, "largest deviation, per cent of the value")
    for source in results.sources:
        row = []
        for comparison in results.comparisons[source.name]:
            result = comparison.observables[observable.name]
            value = np.abs(result.reference.value)
            resolved = result.deviation.error < 0.02 * np.maximum(value, 1e-300)
            resolved &= result.deviation.error > 0
            share = np.abs(result.deviation.value[resolved]) / value[resolved]
            quantity = observable.axis[0] if observable.axis else ""
            if not resolved.any():
                worst = int(np.argmax(np.abs(np.atleast_1d(result.pull))))
                pull = float(np.atleast_1d(result.pull)[worst])
                place = f"{quantity} {_place(observable, worst)}"
                row.append(Entry("–", f"none known to 2 %; most {pull:+.1f} σ, {place}"))
                continue
            entry = int(np.flatnonzero(resolved)[np.argmax(share)])
            place = f"{quantity} {_place(observable, entry)}"
            note = f"{place}, of {resolved.sum()} known to 2 %"
            row.append(Entry(percent(float(share.max())), note))
        table.rows.append((source.name, source.role, row))
    return table


def _place(observable: EnsembleObservable, entry: int) -> str:
    """Coordinate of an entry of a vector."""
    return f"{entry if observable.along is None else observable.along[entry]:.4g}"


def auc_table(results: Results) -> Table:
    """AUCs of all two-sample tests at all conditions together; each source's largest is bold."""
    table = Table(["classifier", *(source.name for source in results.sources)])
    strongest = {name: largest_auc(tests) for name, tests in results.classifiers.items()}
    for number, test in enumerate(results.classifiers[results.surrogate.name]):
        row = []
        for source in results.sources:
            found = results.classifiers[source.name][number]
            kind = "loud" if found is strongest[source.name] else ""
            row.append(Entry(with_error(*found.auc), kind=kind))
        table.rows.append((classifier_title(test), "", row))
    return table


def curve_table(results: Results) -> Table:
    """Largest AUCs by the samples a side that trained the classifier, truth’s own below."""
    counts = sorted({p.count for found in results.largest_auc.values() for p in found.curve})
    table = Table(["samples a side trained on", *(f"{count:,}" for count in counts)])
    for source in results.sources:
        if source.name not in results.largest_auc:
            continue
        found = results.largest_auc[source.name]
        points = {point.count: point for point in found.curve}
        row = [
            Entry(with_error(*points[n].value), f"truth {with_error(*points[n].floor)}")
            if n in points
            else Entry("–")
            for n in counts
        ]
        name = f"{source.name}, {classifier_title(found.value)}"
        table.rows.append((name, source.role, row))
    return table


def classifier_table(results: Results, test: int) -> Table:
    """AUCs of one two-sample test, by its number."""
    table = _with_conditions(results, "AUC")
    table.head.insert(1, "all")
    for source in results.sources:
        result = results.classifiers[source.name][test]
        pairs = [result.auc, *result.per_condition]
        row = [
            Entry(with_error(*p), kind="loud" if p[0] - 0.5 > _LOUD * p[1] else "") for p in pairs
        ]
        table.rows.append((source.name, source.role, row))
    return table


def class_figures(results: Results) -> Table:
    """Comparison of each source by a classifier of the real classes, beside real samples."""
    table = Table(["", "Fréchet distance", "class score", "chance of the shares"])
    reports = _class_reports(results)
    truth = reports[0][1]
    real = [Entry(with_error(*truth.frechet_truth)), Entry(with_error(*truth.score_truth))]
    table.rows.append((FLOOR, "quiet", [*real, Entry("–")]))
    for source, own in reports:
        row = [with_error(*own.frechet), with_error(*own.score), f"{own.chance:.2g}"]
        table.rows.append((source.name, source.role, [Entry(text) for text in row]))
    return table


def class_shares(results: Results) -> Table:
    """Share of each class among the real samples and among those of each source."""
    reports = _class_reports(results)
    truth = reports[0][1]
    table = Table(["class", *truth.classes])
    rows = [("real samples", "quiet", truth.counts_truth)]
    rows += [(source.name, source.role, own.counts) for source, own in reports]
    for name, role, counts in rows:
        total = sum(counts)
        cells = [Entry(percent(n / total), kind="" if n else "loud") for n in counts]
        table.rows.append((name, role, cells))
    return table


def _class_reports(results: Results) -> list[tuple[DrawnSet, ClassReport]]:
    return [(s, results.classes[s.name]) for s in results.sources if s.name in results.classes]


def relaxation_table(results: Results, name: str) -> Table:
    """Histogram overlap over truth-against-truth's own after k sweeps."""
    table = _with_conditions(results, "sweeps")
    roles = {source.name: source.role for source in results.sources}
    for source, rows in results.relaxed.items():
        for number, sweeps in enumerate(results.sweeps):
            row = [
                Entry(percent(*comparisons[number].histograms[name].ratio)) for comparisons in rows
            ]
            table.rows.append((f"{source}, k = {sweeps}", roles[source], row))
    return table


def speed_tables(results: Results, speed: Speed) -> list[Table]:
    """Sources at each batch size; the simulator at each condition, if its cost is known."""
    batches = list(speed.sources[results.surrogate.name])
    columns = [f"batch {batch:,}" for batch in batches]
    head = ["seconds a sample", *columns, "busy cores", "memory", "parameters", "FLOPs a sample"]
    sources = Table(head)
    roles = {source.name: source.role for source in results.sources}
    for name, seconds in speed.sources.items():
        row = [_time_entry(seconds[batch]) for batch in batches]
        row += [*_usage_entries(speed, name), *_size_entries(speed, name)]
        sources.rows.append((name, roles[name], row))
    for device, seconds in speed.elsewhere.items():
        row = [_time_entry(seconds[batch]) for batch in batches]
        row += [Entry("–")] * 4
        sources.rows.append((f"{results.surrogate.name} on {device}", "quiet", row))
    if not np.isfinite(speed.simulator).all():
        return [sources]
    simulator = _with_conditions(results, "seconds an independent sample")
    row = [_time_entry(seconds) for seconds in speed.simulator]
    simulator.rows.append((results.reference_set.name, "quiet", row))
    own = float(np.median(speed.sources[results.surrogate.name][max(batches)]))
    ratios = [Entry(f"{np.median(seconds) / own:.2g}") for seconds in speed.simulator]
    simulator.rows.append(("simulator’s time / surrogate’s", "surrogate", ratios))
    return [sources, simulator]


def _usage_entries(speed: Speed, name: str) -> list[Entry]:
    usage = speed.usage.get(name)
    if usage is None:
        return [Entry("–"), Entry("–")]
    return [Entry(f"{usage.cores:.1f}"), Entry(memory_text(usage.memory))]


def _size_entries(speed: Speed, name: str) -> list[Entry]:
    size = speed.sizes.get(name)
    if size is None:
        return [Entry("–"), Entry("–")]
    flops = "–" if size.flops is None else f"{size.flops:.3g}"
    return [Entry(f"{size.parameters:,}"), Entry(flops)]


def _with_conditions(results: Results, corner: str) -> Table:
    numbers = range(len(results.plan.conditions))
    return Table([corner, *(condition_title(results, n) or "value" for n in numbers)])


def _target_text(verdict: Verdict) -> str:
    target = verdict.target
    limit = {
        "overlap": f"overlap ≥ {100 * target.limit:g} % of truth’s own",
        "relative": f"within {100 * target.limit:g} %",
        "absolute": f"within {target.limit:g}",
        "baseline": "overlap above every baseline’s",
        "separation": f"at most {target.limit:g} times truth’s own at {NOMINAL:,} a side",
        "auc": f"at most {target.limit:g}",
        "repeats": f"at most {100 * target.limit:g} % more than truth’s own",
        "copies": f"at most {100 * target.limit:g} %",
    }[target.measure]
    return f"{target.label}: {limit}"


def _target_entry(verdict: Verdict, result: TargetResult | None) -> Entry:
    if result is None or not np.isfinite(result.value):
        return Entry("–", CANNOT_TELL if result else "no baseline short of truth")
    kind = {REACHED: "pass", MISSED: "fail", CANNOT_TELL: ""}[result.verdict]
    if verdict.target.measure in ("absolute", "separation", "auc"):
        return Entry(with_error(result.value, result.error), result.verdict, kind)
    sign = "+" if verdict.target.measure == "baseline" and result.value > 0 else ""
    return Entry(sign + percent(result.value, result.error), result.verdict, kind)


def _value_entry(comparison: Comparison, name: str) -> Entry:
    result = comparison.observables[name]
    pull = float(result.pull)
    text = with_error(float(result.value.value), float(result.value.error))
    change = 100 * float(result.deviation.value) / abs(float(result.reference.value) or np.nan)
    note = f"{pull:+.1f} σ" + (f", {change:+.2f} %" if np.isfinite(change) else "")
    return Entry(text, note, "loud" if abs(pull) > _LOUD else "")


def _time_entry(seconds: Sequence[float]) -> Entry:
    rounds = sorted(seconds)
    return Entry(
        seconds_text(float(np.median(rounds))),
        f"{seconds_text(rounds[0])} to {seconds_text(rounds[-1])}",
    )


def _unit_text(symbol: str, unit: str) -> str:
    return "value" if unit == "1" else f"value ({unit})"
