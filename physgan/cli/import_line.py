"""The command line of an import with given settings, to be copied."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["import_line"]


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


def _edges(values: Sequence[float]) -> str:
    from physgan.cli.options import edges_of

    step = (values[-1] - values[0]) / (len(values) - 1)
    short = f"{values[0]:.12g}:{step:.12g}:{len(values) - 1}"
    if edges_of(short) == list(values):
        return short
    return ",".join(f"{value!r}" for value in map(float, values))
