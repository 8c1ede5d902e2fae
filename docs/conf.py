"""The site: the Markdown pages where they lie, and the API from docstrings.

`sphinx-build -W -c docs . FOLDER` in the root of the repository. Nothing is fetched, when the pages
are built or when they are read.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

import physgan

project = "physgan"
project_copyright = "physgan developers"
version = release = physgan.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
root_doc = "docs/index"
include_patterns = ["*.md", "*/*.md", "docs/api/*.md", "benchmarks/results/*.md"]
exclude_patterns = [
    ".*",
    "build",
    "docs/README.md",  # in docs/index.md
    "benchmarks/results/little_data.md",  # in docs/stability.md, as the next
    "benchmarks/results/stability.md",
]
suppress_warnings = ["toc.not_included"]  # data cards and results: other pages link to them

myst_heading_anchors = 3
default_role = "py:obj"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"physgan {version}"
html_extra_path = ["site"]
html_copy_source = False

_TITLED = re.compile(r"^(Good values|Breaks when|Reference): (.*(?:\n +.*)*)", re.MULTILINE)
_RETURNS = re.compile(r"^((?:Returns|Yields):\n +)", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Connect what follows."""
    app.connect("doctree-read", _resolve_folders)
    app.connect("autodoc-process-docstring", _as_restructured_text, priority=1)
    app.connect("autodoc-skip-member", _skip_foreign)


def _resolve_folders(app: Sphinx, doctree: nodes.document) -> None:
    """A link to a folder leads to its page; if it has none, only its text is left."""
    env = app.env
    for link in list(doctree.findall(pending_xref)):
        if link["reftype"] != "myst" or link["refdomain"]:
            continue
        folder, path = env.relfn2path(link["reftarget"], env.docname)
        pages = {f"{folder}/{name}" for name in ("index", "README")} & env.found_docs
        if pages:
            link.update_all_atts({"refdomain": "doc", "reftarget": pages.pop()}, replace=True)
            link["reftargetid"] = None
        elif Path(path).is_dir():
            link.replace_self(link.children)


def _as_restructured_text(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Docstrings are plain text with names in backticks; * and | are stars and bars.

    Annotations have the types, so what is before the first colon of a result is none.
    """
    text = _TITLED.sub(_titled, "\n".join(map(_escaped, lines)))
    text = _RETURNS.sub(r"\1: ", text)
    if what in ("attribute", "property"):
        text = f": {text}"
    lines[:] = text.splitlines()


def _escaped(line: str) -> str:
    if line.lstrip().startswith((">>>", "...")):
        return line
    parts = line.split("`")
    parts[::2] = [re.sub(r"([*|]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    parts[2::2] = [re.sub(r"^(?=\w)", r"\\ ", part) for part in parts[2::2]]
    return "`".join(parts)


def _titled(match: re.Match[str]) -> str:
    return f"\n**{match[1]}:** " + re.sub(r"\n +", "\n", match[2])


def _skip_foreign(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> Any:
    """Leave out fields of named tuples, which the class explains, and functions of others."""
    module = getattr(obj, "__module__", None) or "physgan"
    alias = str(getattr(obj, "__doc__", "")).startswith("Alias for field number")
    return True if alias or module.split(".")[0] not in ("physgan", "simulators") else None
