"""The results as JSON values: numbers, strings, lists and objects, no NaN."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from physgan.benchmark.break_even import break_even
from physgan.benchmark.compare import NOMINAL, Comparison, ObservableResult
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.report.chart_figures import training_rows
from physgan.benchmark.report.formatting import (
    break_even_sentence,
    condition_text,
    headline,
    largest_auc_sentence,
    speed_sentence,
)
from physgan.benchmark.report.report import Report
from physgan.benchmark.report.summary import summary
from physgan.benchmark.results import Results
from physgan.benchmark.sources import DrawnSet, Plan
from physgan.training.diagnostics import findings

__all__ = ["as_json", "dumps"]

_QUANTILES = (0.0, 0.01, 0.1, 0.5, 0.9)
FORMAT, FORMAT_VERSION = "physgan-benchmark", 2


def as_json(results: Results) -> Report:
    """All of `results` but the samples."""
    plan, simulator = results.plan, results.simulator
    report = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "created": results.created,
        "command": results.command,
        "seconds": results.seconds,
        "seed": plan.seed,
        "count": plan.count,
        "references": len(results.reference.sets),
        "domain": plan.domain.name,
        "simulator": {
            "name": simulator.name,
            "version": simulator.version,
            "parameters": simulator.parameters,
            "recorded": simulator.what if isinstance(simulator, Recorded) else None,
        },
        "surrogate": results.surrogate.name,
        "environment": results.environment,
        "verdict": {
            **headline(results),
            "largest_auc": largest_auc_sentence(results),
            "speed": speed_sentence(results),
            "break_even": break_even_sentence(results),
        },
        "observables": summary(results),
        "vectors": _vectors(plan),
        "conditions": [
            {
                "values": dict(c),
                "text": condition_text(results, number),
                "training": seen,
                "bin": _bin(plan, number),
            }
            for number, (c, seen) in enumerate(
                zip(plan.conditions, results.seen_in_training, strict=True)
            )
        ],
        "truth": [_truth(results, n) for n in range(len(plan.conditions))],
        "sources": [_source(results, source) for source in results.sources],
        "classes": {name: report.to_json() for name, report in results.classes.items()},
        "targets": _targets(results),
        "nearest_training_samples": _nearest(results),
        "relaxation": _relaxation(results),
        "speed": _speed(results),
        "break_even": _break_even(results),
        "training": {**results.training, "findings": _findings(results)},
    }
    return Report(_clean(report), results)


def _nearest(results: Results) -> dict[str, Any] | None:
    """Quantiles of the distances."""
    if (near := results.nearest) is None:
        return None
    sides = {"surrogate": near.own, "truth": near.truth}
    return {
        "view": near.view,
        "quantiles": list(_QUANTILES),
        **{name: np.quantile(values, _QUANTILES).tolist() for name, values in sides.items()},
    }


def dumps(report: Mapping[str, Any]) -> str:
    """JSON text of a report."""
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def _vectors(plan: Plan) -> dict[str, Any]:
    """What the entries of vector observables are."""
    return {
        o.name: {
            "long_name": o.long_name,
            "symbol": o.symbol,
            "unit": o.unit,
            "axis": o.axis,
            "along": o.along,
        }
        for o in plan.domain.ensemble
        if o.axis is not None
    }


def _bin(plan: Plan, condition_index: int) -> dict[str, Any] | None:
    """The bin, of which "values" are the means; None at fixed conditions."""
    if not plan.bins:
        return None
    chosen = plan.bins[condition_index]
    return {"condition": chosen.name, "low": chosen.low, "high": chosen.high}


def _truth(results: Results, condition_index: int) -> dict[str, Any]:
    reference = results.reference
    return {
        "observables": {
            name: {
                "value": estimate.value,
                "error": estimate.error,
                "exact": reference.exact[condition_index][name],
            }
            for name, estimate in reference.estimates[condition_index].items()
        },
        "histograms": {
            name: {
                "bin_width": floor.binning.width,
                "levels_per_bin": floor.binning.levels,
                "overlap": floor.overlap,
                "overlap_error": floor.error,
                "overlap_scatter_of_a_pair": floor.scatter,
                "wasserstein": floor.wasserstein,
                "pairs": floor.pairs,
            }
            for name, floor in reference.floors[condition_index].items()
        },
        "spectra": {
            name: asdict(floor)
            for name, floor in reference.spectrum_floors[condition_index].items()
        },
    }


def _source(results: Results, source: DrawnSet) -> dict[str, Any]:
    largest = results.largest_auc.get(source.name)
    return {
        "name": source.name,
        "role": source.role,
        "seconds": source.seconds,
        "conditions": [_comparison(c) for c in results.comparisons[source.name]],
        "largest_auc": largest.to_json() if largest else None,
        "classifiers": [result.to_json() for result in results.classifiers[source.name]],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "observables": {name: _observable(o) for name, o in comparison.observables.items()},
        "histograms": {
            name: {
                key: {"value": pair[0], "error": pair[1]}
                for key, pair in (
                    ("overlap", histogram.overlap),
                    ("share_of_truth_against_truth", histogram.ratio),
                    ("wasserstein", histogram.wasserstein),
                )
            }
            for name, histogram in comparison.histograms.items()
        },
        "spectra": {
            name: {
                "separation": {"value": spectrum.separation[0], "error": spectrum.separation[1]},
                "parts": spectrum.parts,
                f"ratio_at_{NOMINAL}": {"value": spectrum.ratio[0], "error": spectrum.ratio[1]},
            }
            for name, spectrum in comparison.spectra.items()
        },
    }


def _observable(result: ObservableResult) -> dict[str, Any]:
    return {
        "value": result.value.value,
        "error": result.value.error,
        "reference": result.reference.value,
        "deviation": result.deviation.value,
        "deviation_error": result.deviation.error,
        "pull": result.pull,
    }


def _targets(results: Results) -> dict[str, Any]:
    rows = []
    for verdict in results.verdicts:
        target = verdict.target
        cells = {
            name: [r and {**asdict(r), "verdict": r.verdict} for r in row]
            for name, row in verdict.results.items()
        }
        rows.append(
            {
                "label": target.label,
                "observable": target.observable,
                "measure": target.measure,
                "limit": target.limit,
                "together": verdict.together,
                "cells": cells,
            }
        )
    return {"profile": results.profile, "critical_errors": results.critical, "rows": rows}


def _relaxation(results: Results) -> dict[str, Any]:
    return {
        "sweeps": results.sweeps,
        "sources": {
            name: [[_comparison(c) for c in row] for row in rows]
            for name, rows in results.relaxed.items()
        },
    }


def _speed(results: Results) -> dict[str, Any] | None:
    speed = results.speed
    if speed is None:
        return None
    return {
        "timed_at": dict(results.plan.conditions[speed.timed_at]),
        "hardest": dict(results.plan.conditions[speed.hardest]),
        "sources": [
            {"name": name, "batch": batch, "seconds_per_sample": seconds}
            for name, batches in speed.sources.items()
            for batch, seconds in batches.items()
        ],
        "sizes": {
            name: {"parameters": size.parameters, "flops_per_sample": size.flops}
            for name, size in speed.sizes.items()
        },
        "simulator_seconds_per_independent_sample": speed.simulator,
        "independence": speed.independence,
        "device": speed.device,
        "usage": {
            name or results.simulator.name: {"busy_cores": u.cores, "memory_bytes": u.memory}
            for name, u in speed.usage.items()
        },
        "elsewhere": [
            {"device": device, "batch": batch, "seconds_per_sample": seconds}
            for device, batches in speed.elsewhere.items()
            for batch, seconds in batches.items()
        ],
    }


def _break_even(results: Results) -> dict[str, Any] | None:
    found = break_even(results)
    return None if found is None else {**asdict(found), "events": found.events}


def _findings(results: Results) -> list[dict[str, Any]]:
    path = results.training.get("metrics")
    return [asdict(finding) for finding in findings(training_rows(path))] if path else []


def _clean(value: Any) -> Any:
    """Plain JSON values: arrays as lists, NaN and infinity as null."""
    if isinstance(value, Mapping):
        return {str(key): _clean(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _clean(value.tolist())
    if isinstance(value, list | tuple):
        return [_clean(entry) for entry in value]
    if isinstance(value, np.generic):
        return _clean(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
