"""No block of a page is left untested, no figure without its script, no name that is gone."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
from following import ROOT, blocks

from physgan.data import verify
from physgan.losses import LOSSES, PENALTIES
from physgan.methods import METHODS

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("*/README.md")])
FOLLOWED = {
    "README.md", "docs/clusters.md", "docs/deployment.md", "docs/devices.md",
    "docs/extending.md", "docs/format.md",
    "docs/own-data.md",
}  # fmt: skip
"""Pages whose blocks tests run: those of this folder, of deployment the contracts, and of devices
`tests/training/test_processes.py`."""
WITH_EXAMPLES = sorted(
    path
    for package in ("physgan", "simulators")
    for path in Path(import_module(package).__file__ or "").parent.rglob("*.py")
    if re.search(r">>> (?!.*\+SKIP)", path.read_text())
)


def test_every_page_with_a_block_is_followed() -> None:
    languages = {str(page.relative_to(ROOT)): re.findall(r"^```(\w+)$", page.read_text(), re.M)
                 for page in PAGES}  # fmt: skip
    assert {page for page, found in languages.items() if found} == FOLLOWED | {
        "surrogates/README.md"
    }


def test_the_surrogates_page_has_a_command_of_the_readme() -> None:
    def options(text: str) -> list[str]:
        return re.findall(r"physgan sample +(calo-pb-lar .*) --out", text)

    page = (ROOT / "surrogates" / "README.md").read_text()
    assert len(blocks(page)) == 1
    assert options(blocks(page)[0]) == options((ROOT / "README.md").read_text())


def test_the_format_page_writes_a_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks((DOCS / "format.md").read_text())
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "format.md", "exec", dont_inherit=True), {})
    assert verify(tmp_path / "mine.h5")["samples"] == 100


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_examples_in_docstrings(path: Path) -> None:
    package = next(part for part in path.parents if part.name in ("physgan", "simulators"))
    name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
    assert doctest.testmod(import_module(name)).failed == 0


def test_every_page_is_listed_and_in_the_site() -> None:
    listed = (DOCS / "README.md").read_text()
    tree = "\n".join(blocks((DOCS / "index.md").read_text(), "{toctree}"))
    for page in {p.stem for p in DOCS.glob("*.md")} - {"README", "index"}:
        assert f"]({page}.md)" in listed, page
        assert re.search(rf"^(.*<)?{page}>?$", tree, re.M), page


def test_every_data_card_is_listed() -> None:
    listed = (ROOT / "datasets" / "README.md").read_text()
    cards = {path.name for path in (ROOT / "datasets").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", listed)) == cards


def test_the_gallery_has_every_figure_with_its_script() -> None:
    sections = re.split(r"^##+ ", (DOCS / "gallery.md").read_text(), flags=re.M)[1:]
    shown: set[Path] = set()
    for section in sections:
        pictures = [(DOCS / name).resolve() for name in re.findall(r"\]\(([^)]*\.png)\)", section)]
        scripts = [(DOCS / name).resolve() for name in re.findall(r"\]\(([^)]*\.py)\)", section)]
        assert all(script.is_file() for script in scripts)
        for picture in pictures:
            assert any(picture.stem.startswith(script.stem) for script in scripts), picture
        shown.update(pictures)
    folders = ("benchmarks/results", "validation/results", "examples")
    assert shown == {p for folder in folders for p in (ROOT / folder).glob("*.png")}


def test_the_methods_page_has_every_method_loss_and_penalty() -> None:
    text = (DOCS / "methods.md").read_text()
    assert set(re.findall(r"^## ([a-z-]+)$", text, re.M)) == set(METHODS)
    _, _, rest = text.partition("| `--loss` |")
    table, _, rest = rest.partition("\n\n")
    names = [name for row in table.splitlines()[2:] for name in re.findall("`(.*?)`", row)]
    assert names == list(LOSSES)
    assert tuple(re.findall("`([a-z0-9-]+)`", rest.splitlines()[0])[1:]) == PENALTIES
