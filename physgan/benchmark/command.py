"""The command that makes a report again."""

import os
import shlex
from collections.abc import Mapping, Sequence

__all__ = ["command_line"]

Value = bool | float | str | os.PathLike[str] | Sequence[str] | Mapping[str, float] | None


def command_line(
    run: str | os.PathLike[str], out: str | os.PathLike[str], options: Mapping[str, Value]
) -> str:
    """`physgan benchmark RUN --out OUT ...` for a shell.

    Args:
        run: folder of the run.
        out: folder of the report.
        options: name, without dashes -> value; several values repeat the option, and None, "" and
            True, the defaults, leave it out.
    """
    words = ["physgan", "benchmark", os.fspath(run), "--out", os.fspath(out)]
    for name, value in options.items():
        if value is False:
            words.append(f"--no-{name}")
        elif isinstance(value, Mapping):
            words += [w for key, each in value.items() for w in (f"--{name}", f"{key}={each}")]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            words += [word for each in value for word in (f"--{name}", each)]
        elif value is not None and value is not True and value != "":
            words += [f"--{name}", str(value)]
    return shlex.join(words)
