"""The command line of an import with given settings, to be copied."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["import_line", "line_back"]


def import_line(settings: Mapping[str, Any], out: str = "x.h5") -> str:
    """`physgan import ...` with these arguments of `physgan.import_arrays`.

    Edges at equal distances are written as start:step:n where that gives the same numbers.
    """
    words = ["physgan", "import", *settings["data"], "--out", out]
    for name in ("domain", "samples", "unit"):
        if settings.get(name):
            words += [f"--{name}", settings[name]]
    for name in ("shape", "axes"):
        if settings.get(name):
            words += [f"--{name}", ",".join(map(str, settings[name]))]
    for axis, values in settings.get("edges", {}).items():
        words += ["--edges", f"{axis}={_edges(values)}"]
    for name, text in settings.get("conditions", {}).items():
        words += ["--condition", f"{name}={text}"]
    if settings.get("threshold"):
        words += ["--threshold", repr(float(settings["threshold"]))]
    if settings.get("splits"):
        words += ["--split", ",".join(f"{k}={v:g}" for k, v in settings["splits"].items())]
    return shlex.join(words)


def line_back(data: Path, exported: Mapping[str, Any]) -> str:
    """The command that imports what was exported from a dataset; "" where none does.

    Args:
        data: the dataset.
        exported: what `physgan.export_arrays` returned.
    """
    from physgan.data import open_dataset
    from physgan.domains import domain_type
    from physgan.errors import InputError

    info = open_dataset(data).info
    kind = domain_type(info.domain)
    field = next((each for each in info.fields if each.name == kind.field), None)
    if kind.importer is None or field is None:
        return ""
    shape = exported["shapes"][field.name]
    try:
        kind.importer.axis_names((1, *shape), field.axes)
    except InputError:
        return ""
    lengths = dict(zip(field.axes, shape, strict=True))
    known = {a.name: _axis_edges(a.values, lengths[a.name]) for a in info.grid if a.name in lengths}
    samples = exported["fields"][field.name]
    return import_line(
        {
            "data": [exported["path"]],
            "domain": info.domain,
            "samples": samples,
            "unit": field.unit if field.unit != "1" else "",
            "shape": shape if samples != field.name else (),
            "axes": field.axes,
            "edges": {name: edges for name, edges in known.items() if edges},
            "conditions": exported["conditions"],
        }
    )


def _axis_edges(values: Sequence[float], length: int) -> list[float]:
    """Bin edges along an axis of the grid; none where cells are only numbered.

    Centres stand for edges where they are at equal distances.
    """
    if len(values) == length + 1:
        return list(values)
    numbered = list(values) == list(range(length))
    if numbered or length < 2 or len(values) != length:
        return []
    step = (values[-1] - values[0]) / (length - 1)
    edges = [values[0] + step * (i - 0.5) for i in range(length + 1)]
    exact = all(
        abs(value - edges[i] - step / 2) <= 1e-9 * abs(step) for i, value in enumerate(values)
    )
    return edges if exact else []


def _edges(values: Sequence[float]) -> str:
    from physgan.cli.options import edges_of

    step = (values[-1] - values[0]) / (len(values) - 1)
    short = f"{values[0]:.12g}:{step:.12g}:{len(values) - 1}"
    if edges_of(short) == list(values):
        return short
    return ",".join(f"{value!r}" for value in map(float, values))
