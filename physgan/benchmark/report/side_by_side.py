"""Reports of several benchmarks beside each other: verdicts, observables and curves."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from physgan.benchmark.report.curve_figures import spans_decades
from physgan.benchmark.report.formatting import seconds_text, with_error
from physgan.benchmark.report.inline import data_uri
from physgan.benchmark.report.json_report import FORMAT
from physgan.benchmark.report.page import templates
from physgan.benchmark.report.style import (
    EXACT,
    SEVERAL,
    legend_above,
    panel_grid,
    panel_pairs,
    panels,
    styled,
    unit_text,
    wrapped,
)
from physgan.benchmark.report.tables import Entry, Table
from physgan.data.files import write_atomically
from physgan.errors import InputError

__all__ = ["side_by_side", "side_by_side_figure"]

_TITLE_WIDTH = 2.0


def side_by_side(
    folders: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]
) -> dict[str, Any]:
    """Lay reports of benchmarks side by side, in one HTML file that needs no other.

    Args:
        folders: two or more, written by benchmarks of one domain with the same observables.
        out: the HTML file.

    Returns:
        "domain"; "reports", with name, verdict, largest AUC and samples; "observables", a row for
        each at each condition, with one of `summary`'s rows for each report or None.

    Raises:
        InputError: for fewer than two folders, one without a report, or different domains.
    """
    if len(folders) < 2:
        raise InputError(f"expected two reports or more; got {len(folders)}; add a folder")
    reports = [_read(Path(folder)) for folder in folders]
    _check_alike(folders, reports)
    names = _names(folders, reports)
    found: dict[str, Any] = {
        "domain": reports[0]["domain"],
        "reports": [_about(name, report) for name, report in zip(names, reports, strict=True)],
        "observables": _observables(reports),
    }
    vectors = [(v["long_name"], data_uri(side_by_side_figure(names, reports, name)))
               for name, v in reports[0]["vectors"].items()]  # fmt: skip
    content = {"names": names, "summary": _summary(found), "vectors": vectors,
               "observables": _tables(names, found["observables"])}  # fmt: skip
    page = templates().get_template("side_by_side.html.j2").render(content)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(Path(out), page.encode())
    return found


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError):
        report = None
    if not isinstance(report, dict) or report.get("format") != FORMAT or not _recent(report):
        raise InputError(
            f"expected report.json of a benchmark by this version in {folder}; got none; "
            "pass a folder that physgan benchmark --out wrote"
        )
    return report


def _recent(report: dict[str, Any]) -> bool:
    """Whether a report has what this page shows."""
    return "vectors" in report and all("text" in each for each in report["conditions"])


def _check_alike(folders: Sequence[str | os.PathLike[str]], reports: list[dict[str, Any]]) -> None:
    first, where = reports[0], folders[0]
    for folder, report in zip(folders, reports, strict=True):
        if report["domain"] != first["domain"]:
            raise InputError(
                f"expected reports of one domain; got {first['domain']} in {where} and "
                f"{report['domain']} in {folder}; leave one out"
            )
        if report["vectors"] != first["vectors"]:
            raise InputError(
                f"expected samples of one size; got observables of other entries in {where} than "
                f"in {folder}; leave one out"
            )


def _names(folders: Sequence[str | os.PathLike[str]], reports: list[dict[str, Any]]) -> list[str]:
    """Of the surrogates, with their folders where two have the same."""
    own = [report["surrogate"] for report in reports]
    return [
        name if own.count(name) == 1 else f"{name}, {os.fspath(folder)}"
        for name, folder in zip(own, folders, strict=True)
    ]


def _about(name: str, report: dict[str, Any]) -> dict[str, Any]:
    own = next(source for source in report["sources"] if source["role"] == "surrogate")
    return {
        "name": name,
        "verdict": report["verdict"],
        "largest_auc": {
            side: [own["largest_auc"][side][key] for key in ("auc", "error")]
            for side in ("value", "floor")
        },
        "seconds_per_sample": _seconds(report),
        "count": report["count"],
        "created": report["created"],
    }


def _seconds(report: dict[str, Any]) -> dict[str, float] | None:
    """The surrogate's largest batch, and the median of its rounds; None if it was not timed."""
    timed = [s for s in (report["speed"] or {"sources": []})["sources"]
             if s["name"] == report["surrogate"]]  # fmt: skip
    if not timed:
        return None
    largest = max(timed, key=lambda each: each["batch"])
    return {
        "batch": largest["batch"],
        "seconds": float(np.median(largest["seconds_per_sample"])),
    }


def _observables(reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the same observable at the same condition; None where a report has none."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for number, report in enumerate(reports):
        for row in report["observables"]:
            condition = report["conditions"][row["condition"]]
            key = (condition["text"], row["observable"])
            own = rows.setdefault(key, {"condition": condition["values"],
                                        "text": condition["text"],
                                        "observable": row["observable"],
                                        "found": [None] * len(reports)})  # fmt: skip
            own["found"][number] = {k: v for k, v in row.items() if k != "condition"}
    return list(rows.values())


def _summary(found: dict[str, Any]) -> Table:
    reports = found["reports"]
    table = Table(["", *(report["name"] for report in reports)])
    verdicts = [report["verdict"] for report in reports]
    kinds = ["pass" if v["passed"] else "fail" if v["missed"] else "" for v in verdicts]
    cells = [
        Entry(f"{v['reached']} of {v['targets']}", kind=kind)
        for v, kind in zip(verdicts, kinds, strict=True)
    ]
    table.rows.append(("targets reached", "", cells))
    table.rows.append(("missed", "", [Entry(str(len(v["missed"]))) for v in verdicts]))
    aucs = [report["largest_auc"] for report in reports]
    cells = [Entry(with_error(*a["value"]), f"truth {with_error(*a['floor'])}") for a in aucs]
    table.rows.append(("largest AUC", "", cells))
    times = [report["seconds_per_sample"] for report in reports]
    cells = [
        Entry(seconds_text(t["seconds"]), f"batch {t['batch']:,}") if t else Entry("–")
        for t in times
    ]
    table.rows.append(("time a sample", "", cells))
    table.rows.append(("samples of each", "", [Entry(f"{r['count']:,}") for r in reports]))
    table.rows.append(("made", "", [Entry(r["created"][:10]) for r in reports]))
    return table


def _tables(names: list[str], rows: list[dict[str, Any]]) -> list[tuple[str, Table]]:
    """A table for each condition: difference from the truth, in standard errors and per cent."""
    tables: dict[str, Table] = {}
    for row in rows:
        table = tables.setdefault(row["text"], Table(["observable", *names]))
        table.rows.append((row["observable"], "", [_entry(cell) for cell in row["found"]]))
    return list(tables.items())


def _entry(cell: dict[str, Any] | None) -> Entry:
    if cell is None or cell["surrogate"][0] is None:
        return Entry("–")
    value, error = cell["surrogate"]
    pull, change = cell["standard_errors"], cell["per_cent"]
    notes = [f"{pull:+.1f} σ"] if pull is not None else []
    notes += [f"{change:+.2f} %"] if change is not None else []
    verdicts = {target["verdict"] for target in cell["targets"]}
    kind = "fail" if "missed" in verdicts else "pass" if verdicts == {"reached"} else ""
    return Entry(with_error(value, error or 0.0), ", ".join(notes), kind)


@styled
def side_by_side_figure(
    names: Sequence[str], reports: Sequence[dict[str, Any]], name: str
) -> Figure:
    """A vector observable of every surrogate at each condition; below, its own deviation.

    Args:
        names: of the surrogates.
        reports: what is in each report.json.
        name: of the vector.
    """
    about = reports[0]["vectors"][name]
    places: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for number, report in enumerate(reports):
        own = next(source for source in report["sources"] if source["role"] == "surrogate")
        for condition, found in zip(report["conditions"], own["conditions"], strict=True):
            places.setdefault(condition["text"], []).append((number, found["observables"][name]))
    rows, columns = panel_grid(len(places))
    titles = [wrapped(place, _TITLE_WIDTH) for place in places]
    truth = np.array([found[0][1]["reference"] for found in places.values()], float)
    logarithmic = about["along"] is not None and spans_decades(tuple(about["along"]), truth)
    figure, grid = panels([1.6, 0.7] * rows, columns, gaps=(0.1, 0.75), titles=titles, sharex=True)
    x = np.arange(truth.shape[1]) if about["along"] is None else np.array(about["along"])
    pairs = panel_pairs(grid, len(places))
    for (main, below), title, found, expected in zip(
        pairs, titles, places.values(), truth, strict=True
    ):
        main.plot(x, expected, color="#1c2430", lw=1, label="truth")
        for number, own in found:
            style: dict[str, Any] = {"color": SEVERAL[number % len(SEVERAL)], "ms": 3, "fmt": "o"}
            shift = 0.15 * (number - (len(names) - 1) / 2)
            beside = x * (x[1] / x[0]) ** shift if logarithmic else x + shift * (x[1] - x[0])
            value, error, deviation, deviation_error = (
                np.array(own[key], float)
                for key in ("value", "error", "deviation", "deviation_error")
            )
            main.errorbar(beside, value, error, label=names[number], **style)
            scale = expected if logarithmic else 1.0
            below.errorbar(beside, deviation / scale, deviation_error / scale, **style)
        below.axhline(0, color=EXACT, lw=1)
        main.set_title(title)
        main.tick_params(labelbottom=False)
        below.set_xlabel(about["axis"][0] + unit_text(about["axis"][1]))
        if logarithmic:
            main.set(xscale="log", yscale="log")
    grid[0, 0].set_ylabel(f"{about['symbol']}{unit_text(about['unit'])}")
    grid[1, 0].set_ylabel("Δ / truth" if logarithmic else "Δ")
    legend_above(figure, grid)
    return figure
