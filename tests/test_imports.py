"""The table of docs/decisions.md, "Who may import whom", kept true; and who may name a domain."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from physgan.domains import DOMAINS

ROOT = Path(__file__).parent.parent
EVERYONE = {
    "physgan.errors",
    "physgan.precision",
    "simulators.html",
    "simulators.protocol",
    "simulators.units",
}
MAY_IMPORT = {
    "simulators": {"simulators"},
    "physgan.__init__": {"physgan"},
    "physgan.errors": set(),
    "physgan.progress": set(),
    "physgan.allocator": set(),
    "physgan.precision": set(),
    "physgan.data": {"simulators"},
    "physgan.losses": set(),
    "physgan.networks": set(),
    "physgan.domains": {"physgan.data", "physgan.networks", "simulators"},
    "physgan.fidelity": {"physgan.data", "physgan.domains"},
    "physgan.surrogates": {
        "physgan.allocator",
        "physgan.data",
        "physgan.domains",
        "physgan.networks",
    },
    "physgan.importing": {"physgan.data", "physgan.domains"},
    "physgan.comparison": {
        "physgan.data",
        "physgan.domains",
        "physgan.fidelity",
        "physgan.progress",
    },
    "physgan.training": {
        "physgan.allocator",
        "physgan.data",
        "physgan.domains",
        "physgan.fidelity",
        "physgan.losses",
        "physgan.networks",
        "physgan.surrogates",
    },
    "physgan.methods": {
        "physgan.allocator",
        "physgan.data",
        "physgan.domains",
        "physgan.losses",
        "physgan.networks",
        "physgan.surrogates",
        "physgan.training",
    },
    "physgan.explain": {
        "physgan.data",
        "physgan.domains",
        "physgan.methods",
        "physgan.surrogates",
    },
    "physgan.deployment": {
        "physgan.data",
        "physgan.domains",
        "physgan.networks",
        "physgan.surrogates",
    },
    "physgan.benchmark": {
        "physgan.data",
        "physgan.domains",
        "physgan.fidelity",
        "physgan.progress",
        "physgan.surrogates",
        "physgan.training",
        "simulators",
    },
    "physgan.cli": {"physgan", "simulators"},
}
"""Part -> what of this project it may import besides itself and `EVERYONE`."""
UPWARDS = {"physgan.data.dataset": {"physgan.domains.drawing"}}
"""Module -> what it imports from higher up, when called: a dataset's pictures are its domain's."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts == ("physgan", "__init__"):
        return "physgan.__init__"
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str, parts: set[str]) -> str | None:
    return next((p for p in parts if module == p or module.startswith(p + ".")), None)


def imported_modules(path: Path) -> set[str]:
    """Modules of this project that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            whole = node.module or ""
            found |= {f"{whole}.{alias.name}" for alias in node.names}
    return {m for m in found if m.split(".")[0] in {"physgan", "simulators"}}


SOURCES = sorted(p for package in ("physgan", "simulators") for p in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_down_the_house(path: Path) -> None:
    part = part_of(module_name(path), set(MAY_IMPORT))
    assert part is not None, f"add {module_name(path)} to MAY_IMPORT and to docs/decisions.md"
    allowed = {part} | MAY_IMPORT[part] | EVERYONE | UPWARDS.get(module_name(path), set())
    forbidden = {m for m in imported_modules(path) if part_of(m, allowed) is None}
    assert not forbidden, f"{part} may import {sorted(allowed)}; got {sorted(forbidden)}"


def test_every_part_is_in_the_table_of_the_decisions() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text()
    for part in set(MAY_IMPORT) - {"physgan.__init__"}:
        assert f"`{part}`" in text, part


REGISTRIES = {
    "physgan/__init__.py": "public names and their homes",
    "physgan/cli/convert.py": "one command for each file format",
    "physgan/cli/quickstart.py": "the recipe to begin with",
}
"""Files outside domains/ that name a domain or what is in one, and why they may."""

DOMAIN_WORDS = re.compile(r"spin(s|_|$)|shower|ising|calo|(^|_)idx(_|$)", re.IGNORECASE)
DOMAIN_CLASSES = {domain.__name__ for domain in DOMAINS.values()}


def names_of_domains(source: str) -> set[str]:
    """Identifiers and texts in code, docstrings and comments apart, that name a domain.

    "images" and "points" are ordinary words of other things, too: of these domains, only the
    classes' names are looked for.
    """
    docstrings = {
        node.body[0].value.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        text = token.string
        if token.type == tokenize.NAME and (DOMAIN_WORDS.search(text) or text in DOMAIN_CLASSES):
            found.add(text)
        if token.type == tokenize.STRING and token.start[0] not in docstrings:
            found |= {w for w in re.findall(r"\w+", text) if DOMAIN_WORDS.search(w)}
    return found


@pytest.mark.parametrize(
    "path",
    [p for p in SOURCES if "physgan" in p.parts and "domains" not in p.parts],
    ids=module_name,
)
def test_no_file_outside_domains_names_one(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in REGISTRIES:
        assert not names_of_domains(path.read_text())


def test_the_search_for_names_finds_them() -> None:
    code = '"""Showers."""\nif name == "spins": pass\nfrom a import Showers, Images\n'
    assert names_of_domains(code) == {"spins", "Showers", "Images"}
    assert names_of_domains("images = points[0]  # of showers\n") == set()


PICKLES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "yaml"}


def imported_pickles(source: str) -> set[str]:
    """Modules that are imported and are pickle or its kin, or are called so in another library."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if PICKLES & set(alias.name.split("."))}
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {*node.module.split("."), *(alias.name for alias in node.names)}
            found |= {node.module} if PICKLES & names else set()
    return found


def test_nothing_is_unpickled() -> None:
    """Files from others may not run code. The one place that may unpickle reads from Dask alone."""
    found = {
        module_name(p): modules for p in SOURCES if (modules := imported_pickles(p.read_text()))
    }
    assert found == {"physgan.data.cluster": {"distributed.protocol.pickle"}}
    assert not [path for path in SOURCES if "allow_pickle=True" in path.read_text()]


@pytest.mark.parametrize(
    "line", ["import pickle", "from pickle import loads", "import a.pickle", "from a import dill"]
)
def test_the_search_for_pickles_finds_them(line: str) -> None:
    assert imported_pickles(f"def f():\n    {line}\n")
