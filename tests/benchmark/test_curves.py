"""Curves over several conditions: a panel for each that varies, points joined in families."""

import numpy as np
import pytest

from physgan.benchmark.compare import Comparison, ObservableResult
from physgan.benchmark.reference import Reference
from physgan.benchmark.report.curve_figures import curve_figure
from physgan.benchmark.report.formatting import condition_title
from physgan.benchmark.results import Results
from physgan.benchmark.sources import DrawnSet, Plan
from physgan.domains import DOMAINS
from physgan.fidelity import Estimate
from simulators import Calorimeter

CORNERS = [(300.0, 0.1), (300.0, 0.4), (600.0, 0.2), (1500.0, 0.1), (1500.0, 0.4)]


def results_at(conditions: list[dict[str, float]], vary: tuple[str, ...]) -> Results:
    """Of a benchmark whose every value is the number of its condition."""
    simulator = Calorimeter(vary=vary)
    numbers = range(len(conditions))
    estimates = [
        {n: Estimate(np.array(float(i)), np.array(0.1)) for n in ("mean_response", "resolution")}
        for i in numbers
    ]
    compared = [
        Comparison({n: ObservableResult(e, e, e, e.value) for n, e in found.items()}, {})
        for found in estimates
    ]
    drawn = [DrawnSet(name, role) for name, role in (("copula", "surrogate"), ("again", "truth"))]
    shown = DrawnSet("calorimeter", "reference", contexts=[dict(c) for c in conditions])
    plan = Plan(DOMAINS["showers"](simulator), conditions, 100, 0)
    reference = Reference([], [], estimates, [], [], [])
    comparisons = {source.name: compared for source in drawn}
    flags = ["seen"] * len(conditions)
    return Results(plan, simulator, reference, shown, drawn, comparisons, seen_in_training=flags)


def joined(axes) -> list[list[float]]:
    """Values of the points that lines of the surrogate join, line by line."""
    blue = [line for line in axes.lines if line.get_linestyle() == "-" and line.get_marker() == "o"]
    return [np.asarray(line.get_ydata()).tolist() for line in blue]


def test_each_condition_has_a_column_and_joins_what_differs_in_it_alone() -> None:
    conditions = [{"energy_mev": e, "theta": t} for e, t in CORNERS]
    figure = curve_figure(results_at(conditions, ("theta",)))
    upper = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in upper] == ["mean response"] * 2 + ["energy resolution"] * 2
    labels = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert labels == ["kinetic energy (MeV)", "angle to the stack's axis (rad)"] * 2
    assert joined(upper[0]) == [[0, 3], [1, 4], [2]]
    assert joined(upper[1]) == [[0, 1], [3, 4], [2]]
    words = [text.get_text() for text in upper[0].texts]
    assert words == ["0.1 rad", "0.4 rad", "0.2 rad"]


def test_a_condition_that_is_the_same_everywhere_has_no_panel() -> None:
    conditions = [{"energy_mev": e, "theta": 0.1} for e in (300.0, 600.0, 900.0)]
    figure = curve_figure(results_at(conditions, ("theta",)))
    upper = [axes for axes in figure.axes if axes.get_title()]
    assert len(upper) == 2
    assert joined(upper[0]) == []
    assert not upper[0].texts


@pytest.mark.parametrize(
    ("vary", "title"),
    [
        ((), "300 MeV"),
        (("theta",), "300 MeV, 0.1 rad"),
        (("theta", "phi"), "energy 300 MeV, theta 0.1 rad, phi 0.1 rad"),
        (("particle",), "energy 300 MeV, particle 0.1"),
    ],
)
def test_titles_name_conditions_that_units_do_not_tell_apart(
    vary: tuple[str, ...], title: str
) -> None:
    condition = {"energy_mev": 300.0, **dict.fromkeys(vary, 0.1)}
    assert condition_title(results_at([condition], vary), 0) == title
