"""No module of the simulators imports itself through others, not even inside a function."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def import_graph(files: dict[str, str]) -> dict[str, set[str]]:
    """Module -> modules among `files` that it imports, anywhere in its source.

    `from package import module` imports the module. The run of the package's own `__init__`,
    which any import of its modules implies, is not counted.
    """
    graph = {}
    for module, source in files.items():
        found = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {name if name in files else str(node.module) for name in inner}
        graph[module] = found & set(files)
    return graph


def test_no_module_of_the_simulators_imports_itself_through_others() -> None:
    files = {}
    for path in (ROOT / "simulators").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    assert "simulators.calorimeter.ionisation" in files
    TopologicalSorter(import_graph(files)).prepare()


def test_a_circle_is_found_inside_a_function() -> None:
    files = {
        "p": "",
        "p.a": "from p import b",
        "p.b": "from p.c import f",
        "p.c": "def f():\n    import p.a",
    }
    with pytest.raises(CycleError):
        TopologicalSorter(import_graph(files)).prepare()
