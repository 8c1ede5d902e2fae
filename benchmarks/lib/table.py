"""From rows to Markdown, and to JSON beside it with versions and hardware."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from physgan.benchmark.environment import environment
from physgan.data.files import write_atomically

Row = dict[str, Any]
RESULTS = Path(__file__).parents[1] / "results"
FIGURES = ["AUC high-level", "AUC low-level", "Fréchet distance", "coverage"]
"""Names of the figures that `measure.quality` makes."""
NONE = "–"
_PAGE = Path(__file__).parents[2] / "docs" / "stability.md"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, one line a row, with a newline at the end."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    lines.insert(1, "|---" * len(head) + "|")
    return "\n".join(lines) + "\n"


def value(
    figure: Sequence[float | None] | None, form: str = "{:.3g} ± {:.1g}", none: str = NONE
) -> str:
    """A figure with its error; an en dash, or other words, where there is none."""
    return form.format(*figure) if figure and None not in figure else none


def cells(figures: Mapping[str, Sequence[float]]) -> list[str]:
    """All of `FIGURES`."""
    return [value(figures.get(name)) for name in FIGURES]


def costs(row: Row) -> dict[str, str]:
    """Time and size of a surrogate (see `measure.compared`) in words; nothing for the truth."""
    if "parameters" not in row:
        return dict.fromkeys(("training, s", "ms a sample", "parameters", "MFLOP"), "")
    flops = row["flops_a_sample"]
    return {
        "training, s": f"{row['training_seconds']:.0f}",
        "ms a sample": f"{1e3 * row['seconds_a_sample']:.3g}",
        "parameters": f"{row['parameters']:,}",
        "MFLOP": f"{flops / 1e6:.3g}" if flops else NONE,
    }


def kinds(found: Mapping[str, Mapping[str, Any]]) -> str:
    """What detectors found (see `measure.fired`); in brackets what had passed by the end."""
    words = [kind if about["stands"] else f"({kind})" for kind, about in found.items()]
    return ", ".join(words) or "none"


def write_json(path: Path, content: Mapping[str, Any]) -> Row:
    """Write results with versions and hardware, whole or not at all; what the file then holds."""
    result = dict(_json_value({**content, "environment": environment()}))
    write_atomically(path, (json.dumps(result, indent=1, allow_nan=False) + "\n").encode())
    return result


def write_results(path: Path, content: Mapping[str, Any], table: Callable[[Row], str]) -> None:
    """Write results as JSON and, beside it, their table as Markdown; print the table."""
    text = table(write_json(path, content))
    path.with_suffix(".md").write_text(text)
    print(text)


def publish(name: str, table: str, page: Path = _PAGE) -> None:
    """Put a script's table between the two comments of docs/stability.md that name the script."""
    begin, end = (f"<!-- {at} of the table of benchmarks/{name}.py -->" for at in ("begin", "end"))
    text = page.read_text()
    if begin in text and end in text:
        head, rest = text.split(begin)
        page.write_text(f"{head}{begin}\n{table}{end}{rest.split(end)[1]}")


def _json_value(item: Any) -> Any:
    """The same as JSON values; null where a number is not finite."""
    if isinstance(item, Mapping):
        return {str(key): _json_value(entry) for key, entry in item.items()}
    if isinstance(item, list | tuple):
        return [_json_value(entry) for entry in item]
    if isinstance(item, np.generic | np.ndarray):
        return _json_value(item.tolist())
    return None if isinstance(item, float) and not np.isfinite(item) else item
