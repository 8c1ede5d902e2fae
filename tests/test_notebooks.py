"""The notebooks of examples/, each executed from a clean kernel in an empty folder."""

from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs: pip install 'physgan[notebooks]'")
nbclient = pytest.importorskip("nbclient", reason="needs: pip install 'physgan[notebooks]'")
pytest.importorskip("ipykernel", reason="needs: pip install 'physgan[notebooks]'")

pytestmark = pytest.mark.documentation

FOLDER = Path(__file__).parent.parent / "examples"
SYSTEMS = ("cosmology", "images", "ising", "own_data", "showers", "turbulence")
MOST_SECONDS = 1_200
"""On a machine that does much else."""

every_notebook = pytest.mark.parametrize("name", SYSTEMS)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook, kind: str) -> list[str]:
    """Outputs of a MIME type."""
    found = [output.get("data", {}) for cell in code_cells(notebook) for output in cell.outputs]
    return [data[kind] for data in found if kind in data]


def test_every_notebook_is_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(SYSTEMS)


@every_notebook
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    nbformat.validate(notebook)
    for cell in code_cells(notebook):
        assert (cell.outputs, cell.execution_count) == ([], None)
    assert "## A real study" in notebook.cells[-1].source


@pytest.mark.filterwarnings("default")  # those of the kernel's messages are not ours
@every_notebook
def test_a_notebook_goes_from_data_to_the_verdict(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables of dataset, surrogate and report, and a picture wherever a figure is the last line."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS", raising=False)  # trainings run long enough
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    nbclient.NotebookClient(
        notebook,
        timeout=MOST_SECONDS,
        startup_timeout=MOST_SECONDS,
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    tables = " ".join(outputs(notebook, "text/html"))
    for title in ("Dataset", "Surrogate", "Report on"):
        assert f"<b>{title} " in tables
    assert ">verdict</th>" in tables
    plots = [c for c in code_cells(notebook) if c.source.split("(")[0].endswith((".show", ".plot"))]
    assert len(outputs(notebook, "image/png")) == len(plots) > 2
    (page,) = (tmp_path / "runs").glob("*-report/report.html")
    assert page.stat().st_size > 10_000
