"""What figures of the page look like: headings, axes, and the text of a drawing."""

import urllib.parse
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from physgan.benchmark.report.curve_figures import spans_decades
from physgan.benchmark.report.joint_figures import folded_distribution
from physgan.benchmark.report.style import data_uri, wrapped

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


def test_a_drawing_loses_no_element_in_half_the_text() -> None:
    """Shapes and letters are the same ones, to two decimals of a point."""
    figure = Figure()
    axes = figure.subplots()
    axes.plot(np.arange(50), np.random.default_rng(1).normal(size=50), "o-")
    axes.set_title("<b>&\"'#%")
    uri = data_uri(figure)
    assert not set('"<>&#') & set(uri)
    drawn = ET.fromstring(urllib.parse.unquote(uri.split(",", 1)[1]))
    uses = [e for e in drawn.iter() if e.tag.endswith("use")]
    assert len(uses) > 50
    defined = {e.get("id") for e in drawn.iter()} - {None}
    link = "{http://www.w3.org/1999/xlink}href"
    assert {e.get(link)[1:] for e in uses} <= defined


def test_tails_fold_at_the_median_with_binomial_errors() -> None:
    """Of 1 to 100: 5 are at most 5, 10 at least 91, and none is beyond 101."""
    share, low, high = folded_distribution(np.arange(1.0, 101), np.array([5.0, 50, 91, 101]))
    assert share[:3] == pytest.approx([0.05, 0.5, 0.1])
    assert np.isnan(share[3])
    error = np.sqrt(0.05 * 0.95 / 100)
    assert (low[0], high[0]) == pytest.approx((0.05 - error, 0.05 + error))
