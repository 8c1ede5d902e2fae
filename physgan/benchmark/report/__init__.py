"""Writing the results of a benchmark: `report.json` for programs, `report.html` for people."""

from pathlib import Path

from physgan.benchmark.report.chart_figures import training_rows
from physgan.benchmark.report.json_report import as_json, dumps
from physgan.benchmark.report.report import Report
from physgan.benchmark.results import Results
from physgan.data.files import write_atomically

__all__ = ["Report", "as_json", "training_rows", "write_report"]


def write_report(results: Results, out: Path) -> Report:
    """Write both reports to the folder `out`, made if missing.

    Returns:
        What is in `report.json`.
    """
    from physgan.benchmark.report.page import page

    out.mkdir(parents=True, exist_ok=True)
    report = as_json(results)
    write_atomically(out / "report.json", dumps(report).encode())
    write_atomically(out / "report.html", page(results).encode())
    return report
