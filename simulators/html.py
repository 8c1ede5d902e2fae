"""Tables for notebooks: what a simulator, a dataset or a surrogate is."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simulators.protocol import Condition, Field, Simulator

__all__ = ["NotebookTable", "condition_lines", "field_lines", "html_table", "parameter_lines"]

_LONGEST = 80
_LEFT = "text-align: left; vertical-align: top"


class NotebookTable:
    """Base of simulators that notebooks show as a table."""

    def _repr_html_(self: Simulator) -> str:
        summary = (type(self).__doc__ or "").partition("\n")[0]
        rows = {
            "simulates": summary,
            "version": self.version,
            "conditions": condition_lines(self.conditions),
            "fields": field_lines(self.fields),
            "parameters": parameter_lines(self.parameters),
        }
        return html_table(f"Simulator {self.name}", rows)


def html_table(title: str, rows: Mapping[str, str | Sequence[str]]) -> str:
    """HTML of a title and a table of two columns, with all text escaped.

    Args:
        title: above the table.
        rows: name -> text, or a text a line; rows without any are left out.
    """
    lines = {name: [text] if isinstance(text, str) else text for name, text in rows.items()}
    cells = [
        f'<tr><th style="{_LEFT}">{escape(name)}</th>'
        f'<td style="{_LEFT}">{"<br>".join(map(escape, texts))}</td></tr>'
        for name, texts in lines.items()
        if any(texts)
    ]
    return f"<b>{escape(title)}</b><table>{''.join(cells)}</table>"


def condition_lines(conditions: Sequence[Condition]) -> list[str]:
    """A line for each condition: "energy_mev: 200 to 2000 MeV, logarithmic (kinetic energy)"."""
    return [
        f"{c.name}: {_span(c.minimum, c.maximum)}"
        + ("" if c.unit == "1" else f" {c.unit}")
        + (", logarithmic" if c.scale == "log" else "")
        + (f" ({c.long_name})" if c.long_name not in ("", c.name) else "")
        for c in conditions
    ]


def field_lines(
    fields: Sequence[Field], shapes: Mapping[str, Sequence[int]] | None = None
) -> list[str]:
    """A line for each field: "spins: 16 x 16 (row, column), int8, spin".

    Args:
        fields: to describe.
        shapes: field name -> shape of one sample, where it is known.
    """
    return [_field_line(f, (shapes or {}).get(f.name, ())) for f in fields]


def parameter_lines(parameters: Mapping[str, Any]) -> list[str]:
    """A line for each parameter of a simulator, cut where it is long."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in parameters.items()]
    return [line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..." for line in lines]


def _field_line(field: Field, shape: Sequence[int]) -> str:
    lengths, axes = " x ".join(map(str, shape)), f"({', '.join(field.axes)})"
    unit = "" if field.unit == "1" else f"in {field.unit}"
    words = field.long_name if field.long_name != field.name else ""
    laid_out = " ".join(filter(None, (lengths, axes, unit)))
    return f"{field.name}: " + ", ".join(filter(None, (laid_out, field.dtype, words)))


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
