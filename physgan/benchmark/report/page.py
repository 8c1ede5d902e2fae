"""The report as one HTML page that needs no other file."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from physgan.benchmark.compare import NOMINAL
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.reference import effective_bins
from physgan.benchmark.report import (
    chart_figures,
    curve_figures,
    joint_figures,
    sample_figures,
    tables,
)
from physgan.benchmark.report.formatting import (
    break_even_sentence,
    classifier_title,
    condition_text,
    error_sentence,
    headline,
    largest_auc_sentence,
    percent,
    speed_sentence,
    speed_words,
)
from physgan.benchmark.report.inline import data_uri
from physgan.benchmark.report.words import words_of
from physgan.benchmark.results import Results
from physgan.domains.base import Spectrum
from physgan.fidelity import Binning
from physgan.training.diagnostics import findings

__all__ = ["page", "templates"]


def page(results: Results) -> str:
    """HTML text of the report."""
    return templates().get_template("report.html.j2").render(_content(results))


def templates() -> Environment:
    """Of pages, which escape all text."""
    loader = PackageLoader("physgan.benchmark.report", "templates")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["units"] = _with_subscripts
    return environment


def _content(results: Results) -> dict[str, Any]:
    domain = results.plan.domain
    return {
        "results": results,
        "recorded": isinstance(results.simulator, Recorded),
        "headline": headline(results),
        "words": words_of(results),
        "binned": any(each.name for each in results.plan.bins),
        "several_conditions": len(results.plan.conditions[0]) > 1,
        "error_sentence": error_sentence(results),
        "condition_texts": [
            condition_text(results, n) for n in range(len(results.plan.conditions))
        ],
        "speed_sentence": speed_sentence(results),
        "speed_words": speed_words(results),
        "largest_auc_sentence": largest_auc_sentence(results),
        "targets": tables.target_table(results) if results.verdicts else None,
        "pictures": data_uri(sample_figures.picture_figure(results), "png", dpi=110),
        "picture_note": domain.picture_note,
        "spectra": [_spectrum_section(results, spectrum) for spectrum in domain.spectra],
        "nominal": NOMINAL,
        "histograms": [_histogram_section(results, name) for name in domain.histograms],
        **_correlations(results),
        "curves": _curves(results),
        "values": [(o, tables.value_table(results, o)) for o in domain.ensemble if o.axis is None],
        "vectors": [
            (
                o,
                data_uri(curve_figures.vector_figure(results, o)),
                tables.vector_table(results, o),
            )
            for o in domain.ensemble
            if o.axis is not None
        ],
        **_classifiers(results),
        "classes": _classes(results),
        "nearest": results.nearest,
        "nearest_figure": results.nearest
        and data_uri(sample_figures.nearest_figure(results, results.nearest), "png", dpi=110),
        **_relaxation(results),
        "speed": tables.speed_tables(results, results.speed) if results.speed else None,
        "speed_independence": results.speed.independence if results.speed else "",
        **_break_even(results),
        "timed_at": condition_text(results, results.speed.timed_at) if results.speed else "",
        **_training(results),
        "effective_bins": _effective(results),
        "any_exact": any(
            value is not None for values in results.reference.exact for value in values.values()
        ),
        "any_held_out": "held out" in results.seen_in_training,
        "any_edge": "edge" in results.seen_in_training,
    }


def _break_even(results: Results) -> dict[str, Any]:
    figure, usage = chart_figures.break_even_figure(results), None
    if results.speed is not None:
        usage = results.speed.usage.get("")
    return {
        "break_even_sentence": break_even_sentence(results),
        "break_even_figure": figure and data_uri(figure),
        "simulator_cores": f"{usage.cores:.1f}" if usage else "",
        "device": results.speed.device if results.speed else "",
    }


def _effective(results: Results) -> str:
    """Effective numbers of bins of the histograms."""
    counts = [len(next(iter(values.values()))) for values in results.reference.sets[0].values]
    found = sorted({effective_bins(count) for count in counts})
    return " to ".join(str(number) for number in dict.fromkeys([*found[:1], *found[-1:]]))


def _curves(results: Results) -> str | None:
    """Observables against the condition, where there are both."""
    if not (results.plan.domain.ensemble and results.plan.conditions[0]):
        return None
    return data_uri(curve_figures.curve_figure(results))


def _histogram_section(results: Results, name: str) -> dict[str, Any]:
    observable = next(o for o in results.plan.domain.observables if o.name == name)
    floors = [floors[name] for floors in results.reference.floors]
    return {
        "observable": observable,
        "figure": data_uri(sample_figures.histogram_figure(results, observable)),
        "tails": data_uri(joint_figures.tail_figure(results, observable)),
        "table": tables.overlap_table(results, name),
        "distances": tables.distance_table(results, name, observable.unit),
        "bins": _bin_text([floor.binning for floor in floors], observable.unit),
    }


def _correlations(results: Results) -> dict[str, Any]:
    """Between scalar observables, if there are two, and between the entries of each vector."""
    domain = results.plan.domain
    vectors = [o for o in domain.observables if o.axis is not None]
    figure = joint_figures.correlation_figure
    return {
        "correlations": data_uri(figure(results)) if len(domain.histograms) > 1 else None,
        "vector_correlations": [(o, data_uri(figure(results, o))) for o in vectors],
        "by_chance": f"{1 / (results.plan.count * len(results.plan.apart)) ** 0.5:.2g}",
    }


def _spectrum_section(results: Results, spectrum: Spectrum) -> dict[str, Any]:
    return {
        "spectrum": spectrum,
        "figure": data_uri(sample_figures.spectrum_figure(results, spectrum)),
        "table": tables.spectrum_table(results, spectrum),
    }


def _bin_text(binnings: Sequence[Binning], unit: str) -> str:
    """Bin widths at all conditions, said once if they are equal."""
    texts = []
    for binning in binnings:
        width = f"{binning.width:.4g}" + ("" if unit == "1" else f" {unit}")
        levels = binning.levels
        counted = f" ({levels} discrete level{'s' * (levels > 1)})" if levels else ""
        texts.append(width + counted)
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def _classifiers(results: Results) -> dict[str, Any]:
    tests = results.classifiers[results.surrogate.name]
    procedures: dict[str, list[str]] = {}
    for name, found in results.classifiers.items():
        for procedure in dict.fromkeys(str(test.procedure) for test in found):
            procedures.setdefault(procedure, []).append(name)
    return {
        "classifier_figure": data_uri(chart_figures.classifier_figure(results)),
        "aucs": tables.auc_table(results),
        "auc_curve": tables.curve_table(results),
        "procedures": [f"of {', '.join(names)}: {words}" for words, names in procedures.items()],
        "classifiers": [
            (classifier_title(result), tables.classifier_table(results, number))
            for number, result in enumerate(tests)
        ],
    }


def _classes(results: Results) -> dict[str, Any] | None:
    if not results.classes:
        return None
    report = next(iter(results.classes.values()))
    return {
        "accuracy": percent(*report.accuracy),
        "figures": tables.class_figures(results),
        "shares": tables.class_shares(results),
    }


def _relaxation(results: Results) -> dict[str, Any]:
    if not results.relaxed:
        return {"relaxation_figure": None, "relaxation": []}
    observables = {o.name: o for o in results.plan.domain.observables}
    return {
        "relaxation_figure": data_uri(chart_figures.relaxation_figure(results)),
        "relaxation": [
            (observables[name], tables.relaxation_table(results, name))
            for name in results.plan.domain.histograms
        ],
    }


def _training(results: Results) -> dict[str, Any]:
    path = results.training.get("metrics")
    rows = chart_figures.training_rows(path) if path else []
    figures = chart_figures.training_figure(rows), chart_figures.adversarial_figure(rows)
    facts = {
        name.replace("_", " "): value
        for name, value in results.training.items()
        if name not in ("metrics", "seen", "stages") and isinstance(value, int | float | str)
    }
    return {
        "training_figure": figures[0] and data_uri(figures[0]),
        "adversarial_figure": figures[1] and data_uri(figures[1]),
        "training_findings": findings(rows),
        "training_facts": facts,
    }


def _with_subscripts(text: str) -> Markup:
    """Boltzmann's constant as a page writes it."""
    return Markup(str(escape(text)).replace("k_B", "k<sub>B</sub>"))
