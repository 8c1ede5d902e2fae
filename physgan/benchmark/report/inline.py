"""Figures as text that a page can hold."""

import base64
import io
import re
from urllib.parse import quote

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

from physgan.benchmark.report.style import STYLE

__all__ = ["data_uri", "smaller"]

_URI = " ='():/;,.-+?!@_|$*"
"""What a data URI in double quotes may hold as it is."""

_WRAPPED = re.compile(r"<g>((?:<(?:use|path|image|rect)\b[^>]*/>)*)</g>")
_LINES = re.compile(
    r'<path d="[^"]*"((?![^>]*opacity)[^>]*fill:none[^>]*)/>(?:<path d="[^"]*"\1/>)+'
)


def data_uri(figure: Figure, kind: str = "svg", dpi: int = 150) -> Markup:
    """A figure as a data URI, for an attribute in double quotes."""
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {}
    with rc_context(STYLE):
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
    if kind == "svg":
        drawing = smaller(buffer.getvalue().decode()).replace('"', "'")
        return Markup("data:image/svg+xml," + quote(drawing, safe=_URI))
    return Markup(f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}")


def smaller(svg: str) -> str:
    """A drawing by Matplotlib in less text, which looks the same.

    Nothing for editors, two decimals of a point, and one path for all bars of a colour.
    """
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<!DOCTYPE[^>]*>", "", svg, flags=re.S)
    svg = re.sub(r"\s+", " ", svg).replace("> <", "><")
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg).replace("DejaVuSans-", "D")
    svg = re.sub(r"([:;]) ", r"\1", svg)
    svg = re.sub(r' (?:d|x|y)="[^"]*"|translate\([^)]*\)', _rounded, svg)
    svg = re.sub(r' transform="translate\((\S+) 0\)"/>', r' x="\1"/>', svg)
    svg = re.sub(r'<use xlink:href="#m[^>]*>', _without_stroke, svg)
    svg = re.sub(r' d="[^"]*"', _short, svg)
    wrapped = 1
    while wrapped:
        svg, wrapped = _WRAPPED.subn(r"\1", svg)
    return _LINES.sub(_joined, svg)


def _rounded(attribute: re.Match[str]) -> str:
    return re.sub(r"(\.\d\d)\d+", r"\1", attribute[0])


def _without_stroke(mark: re.Match[str]) -> str:
    """A mark without what its definition says."""
    return re.sub(r';?stroke[-a-z]*:[^;"]*', "", mark[0])


def _short(attribute: re.Match[str]) -> str:
    """A path of straight lines, with one coordinate for those along an axis."""
    text, x, y = attribute[0][4:-1].strip(), "", ""
    if not set(re.sub(r"[-\d. ]", "", text)) <= set("MLz"):
        return f' d="{text}"'
    words = []
    for command, right, down in re.findall(r"([MLz])(?: ([-\d.]+) ([-\d.]+))?", text):
        if command == "L" and right == x:
            words.append(f"V{down}")
        elif command == "L" and down == y:
            words.append(f"H{right}")
        else:
            words.append(f"{command}{right} {down}".strip())
        x, y = right, down
    return f' d="{"".join(words)}"'


def _joined(paths: re.Match[str]) -> str:
    """Lines of one style in one path."""
    lines = "".join(re.findall(r' d="([^"]*)"', paths[0]))
    return f'<path d="{lines}"{paths[1]}/>'
