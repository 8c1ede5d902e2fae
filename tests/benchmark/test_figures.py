"""What figures of the page look like: headings, axes, and the text of a drawing."""

import io
import re
import urllib.parse
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from physgan.benchmark.report.curve_figures import spans_decades
from physgan.benchmark.report.inline import data_uri, smaller
from physgan.benchmark.report.joint_figures import folded_distribution
from physgan.benchmark.report.style import wrapped

K = np.geomspace(0.03, 1.0, 20)


def test_a_heading_wraps_at_commas_where_it_is_too_wide() -> None:
    title = "omega_m 0.25, sigma_8 0.9, redshift 1.5"
    assert wrapped(title, 3.0) == title
    assert wrapped(title, 2.0) == "omega_m 0.25, sigma_8 0.9,\nredshift 1.5"
    assert wrapped(title, 0.5).count("\n") == 2
    assert wrapped("2.27 J/k_B", 0.1) == "2.27 J/$k_B$"


@pytest.mark.parametrize(
    ("along", "values", "expected"),
    [
        (K, K**-2, True),
        (K, 1 + K, False),
        (K, K - 0.5, False),
        (np.arange(20), K**-2, False),
        (np.linspace(1, 5, 20), K**-2, False),
    ],
    ids=["power spectrum", "nearly constant", "negative", "from zero", "narrow"],
)
def test_a_power_spectrum_has_logarithmic_axes(along, values, expected) -> None:
    assert spans_decades(tuple(along), values[None]) is expected


@pytest.fixture(scope="module")
def drawing() -> Figure:
    """Lines, marks, error bars, steps, bands, a picture and letters of several contours."""
    figure = Figure()
    axes = figure.subplots()
    values = np.random.default_rng(1).normal(size=50)
    axes.errorbar(np.arange(50), values, 0.1, fmt="o-")
    axes.stairs(values, fill=True, alpha=0.3)
    axes.fill_between(np.arange(50), values, values + 1, step="post", alpha=0.2)
    axes.imshow(values.reshape(5, 10))
    axes.set_title("<b>&\"'#% 4 i $E_i^2$")
    return figure


def test_a_drawing_is_smaller_and_defines_what_it_uses(drawing) -> None:
    uri = data_uri(drawing)
    assert not set('"<>&#') & set(uri)
    drawn = ET.fromstring(urllib.parse.unquote(uri.split(",", 1)[1]))
    uses = [e for e in drawn.iter() if e.tag.endswith("use")]
    assert len(uses) > 50
    defined = {e.get("id") for e in drawn.iter()} - {None}
    link = "{http://www.w3.org/1999/xlink}href"
    assert {e.get(link)[1:] for e in uses} <= defined


def test_a_smaller_drawing_has_every_corner_of_the_original(drawing) -> None:
    """Corners of all paths in order, to two decimals of a point; marks and letters as many."""
    buffer = io.StringIO()
    drawing.savefig(buffer, format="svg")
    before, after = buffer.getvalue(), smaller(buffer.getvalue())
    assert len(after) < 0.65 * len(before)
    for name in ("<use", "<image", "<clipPath"):
        assert after.count(name) == before.count(name)
    found = corners(after)
    assert len(found) > 400
    np.testing.assert_allclose(found, corners(before), atol=0.0101)


def corners(svg: str) -> list[tuple[float, float]]:
    """End points of all lines and curves; H and V keep the other coordinate."""
    found = []
    for path in re.findall(r' d="([^"]*)"', svg):
        x = y = 0.0
        for command, text in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
            numbers = [float(number) for number in text.split()]
            if command == "H":
                x = numbers[0]
            elif command == "V":
                y = numbers[0]
            elif numbers:
                x, y = numbers[-2:]
            found.append((x, y))
    return found


def test_tails_fold_at_the_median_with_binomial_errors() -> None:
    """Of 1 to 100: 5 are at most 5, 10 at least 91, and none is beyond 101."""
    share, low, high = folded_distribution(np.arange(1.0, 101), np.array([5.0, 50, 91, 101]))
    assert share[:3] == pytest.approx([0.05, 0.5, 0.1])
    assert np.isnan(share[3])
    error = np.sqrt(0.05 * 0.95 / 100)
    assert (low[0], high[0]) == pytest.approx((0.05 - error, 0.05 + error))
