"""What compares samples knows no kind of sample by name."""

import ast
import re
from pathlib import Path

import pytest

PHYSGAN = Path(__file__).parents[1] / "physgan"
DOMAIN = re.compile("showers|spins|ising|calo", re.IGNORECASE)
SOURCES = [
    p for part in ("fidelity", "comparison", "benchmark") for p in (PHYSGAN / part).rglob("*.py")
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_domain_is_named_outside_docstrings(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    assert DOMAIN.search(ast.unparse(tree)) is None
