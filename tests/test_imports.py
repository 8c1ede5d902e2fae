"""The table of docs/decisions.md, "Who may import whom", kept true."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EVERYONE = {"physgan.errors", "simulators.protocol"}
MAY_IMPORT = {
    "simulators": {"simulators"},
    "physgan.errors": set(),
    "physgan.pretrained": set(),
    "physgan.data": {"simulators"},
    "physgan.domains": {"physgan.data", "simulators"},
    "physgan.networks": set(),
    "physgan.losses": set(),
    "physgan.training": {
        "physgan.networks",
        "physgan.losses",
        "physgan.domains",
        "physgan.data",
        "physgan.description",
        "physgan.surrogate",
        "physgan.fidelity",
    },
    "physgan.description": {"physgan.data", "physgan.domains"},
    "physgan.surrogate": {
        "physgan.conditions",
        "physgan.description",
        "physgan.networks",
        "physgan.domains",
        "physgan.data",
        "physgan.pretrained",
        "physgan.surrogates.independence_sampler",
    },
    "physgan.conditions": {"physgan.data"},
    "physgan.surrogates.independence_sampler": set(),
    "physgan.explain": {
        "physgan.training",
        "physgan.surrogate",
        "physgan.domains",
        "physgan.data",
    },
    "physgan.fidelity": {"physgan.data", "physgan.domains"},
    "physgan.comparison": {"physgan.data", "physgan.domains", "physgan.fidelity"},
}
"""Part -> what of this project it may import besides itself and `EVERYONE`; the parts that
are not named (the benchmark, the command line) stand on top of all others."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
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
    if part is None:
        return
    allowed = {part} | MAY_IMPORT[part] | EVERYONE
    forbidden = {m for m in imported_modules(path) if part_of(m, allowed) is None}
    assert not forbidden, f"{part} may import {sorted(allowed)}; got {sorted(forbidden)}"


def test_nothing_is_unpickled() -> None:
    """Files from others may not run code: no module imports pickle or its kin."""
    banned = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not banned & {n.split(".")[0] for n in names}, path
