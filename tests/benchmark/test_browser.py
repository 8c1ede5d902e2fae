"""A page in a real browser: Chromium, headless, at the widths of a telephone and of a screen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from physgan.benchmark import benchmark
from physgan.fidelity import BoostedTrees
from simulators import GaussianRing

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NAME = "<script>document.title='run'</script>&\"'"
WIDTHS = {400: 300, 1200: 1000}
"""Of the window, and the least of a figure, pixels."""

TOO_WIDE = """Array.from(document.querySelectorAll("body *"))
    .filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > WIDTH)
    .map(e => e.tagName + ": " + e.innerText.slice(0, 60))"""


class Renamed(GaussianRing):
    """The simulator under a name that would run if a page did not escape it."""

    name = NAME


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Iterator[tuple[Path, object]]:
    """The report of a ring, and a browser."""
    driver = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install it")
    if CHROMIUM is None:
        pytest.skip("no chromium on the path: apt-get install chromium")
    out = tmp_path_factory.mktemp("report")
    settings = {"count": 100, "seed": 1, "classifier_budget": 0, "batches": ()}
    place = {c.name: (c.minimum + c.maximum) / 2 for c in GaussianRing().conditions}
    trees = [BoostedTrees()]
    benchmark(Renamed(), GaussianRing(), conditions=[place], out=out, classifiers=trees, **settings)
    with driver.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield out / "report.html", browser
        browser.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_figure_is_drawn_and_nothing_else_is_asked_for(pages, width) -> None:
    file, browser = pages
    page = browser.new_page(viewport={"width": width, "height": 900})
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri(), timeout=120_000)
    sizes = page.evaluate(
        "Array.from(document.images, i => [i.naturalWidth, i.clientWidth, i.clientHeight])"
    )
    drawn, wide, high = np.array(sizes).T
    assert len(sizes) >= 3
    assert drawn.min() > 0
    assert WIDTHS[width] <= wide.min() <= wide.max() <= width
    assert high.min() > 30
    assert page.evaluate(TOO_WIDE.replace("WIDTH", str(width))) == []
    assert [url for url in asked if not url.startswith(("data:", file.as_uri()))] == []
    assert said == []
    assert NAME in page.title()
    assert NAME in page.inner_text("h1")
    page.close()
