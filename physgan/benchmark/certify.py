"""The certificate of a surrogate, made from the report about it."""

from collections.abc import Mapping
from typing import Any

from physgan.benchmark.targets import CANNOT_TELL, MISSED
from physgan.surrogates import Certificate, Description, Place

__all__ = ["certificate_of"]


def certificate_of(report: Mapping[str, Any], about: Description, data: str) -> Certificate:
    """What a report says about a surrogate, to be kept with its weights.

    Args:
        report: what is in report.json.
        about: the surrogate.
        data: SHA-256 of the dataset that it learnt from; "" if it is not known.
    """
    rows = [(row, row["cells"][report["surrogate"]]) for row in report["targets"]["rows"]]
    truth, places = report["simulator"], report["conditions"]
    return Certificate(
        weights_sha256=about.weights_sha256,
        data_sha256=data,
        truth=truth["recorded"] or f"{truth['name']}, version {truth['version']}",
        conditions={c.name: (c.minimum, c.maximum) for c in about.conditions},
        verdict=report["verdict"]["verdict"],
        sentence=report["verdict"]["sentence"],
        missed=_labels([(row, cells[0]) for row, cells in rows if row["together"]], MISSED),
        places=tuple(
            _place(place, [(row, cells[n]) for row, cells in rows if not row["together"]])
            for n, place in enumerate(places)
        ),
        limits={f"{row['label']} ({row['measure']})": row["limit"] for row, _ in rows},
        count=report["count"],
        seed=report["seed"],
        created=report["created"],
        versions={
            "python": report["environment"]["python"],
            **report["environment"]["packages"],
        },
    )


def _place(place: Mapping[str, Any], cells: list[tuple[Mapping[str, Any], Any]]) -> Place:
    chosen = place["bin"]
    return Place(
        dict(place["values"]),
        place["training"],
        chosen and (chosen["condition"], chosen["low"], chosen["high"]),
        _labels(cells, MISSED),
        _labels(cells, CANNOT_TELL),
    )


def _labels(cells: list[tuple[Mapping[str, Any], Any]], verdict: str) -> tuple[str, ...]:
    return tuple(row["label"] for row, cell in cells if cell and cell["verdict"] == verdict)
