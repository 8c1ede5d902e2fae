"""docs/extending.md, block by block: simulator, domain and method from outside the package."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from physgan.cli import run_command
from physgan.domains import DOMAINS
from physgan.methods import METHODS
from physgan.surrogates import load
from simulators import SIMULATORS

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
pytestmark = [pytest.mark.documentation, pytest.mark.usefixtures("optimised")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the blocks leave: their names, in a folder with all that they write."""
    folder = tmp_path_factory.mktemp("extending")
    blocks = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert [language for language, _ in blocks] == ["python", "toml", *["python"] * 3]
    registries = (SIMULATORS, DOMAINS, METHODS)
    before = [dict(registry) for registry in registries]
    names: dict[str, Any] = {"__name__": "extending"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for language, text in blocks:
            if language == "toml":
                Path("oscillator.toml").write_text(text)
            else:
                exec(compile(text, str(PAGE), "exec", dont_inherit=True), names)
        yield folder, names
    for registry, content in zip(registries, before, strict=True):
        registry.clear()
        registry.update(content)


def test_the_method_learns_the_oscillator(run: Any) -> None:
    """Mean power within 25 %: a factor of 1.5 lies between the two dampings."""
    folder, names = run
    assert names["samples"].shape == (5, 32)
    assert "mean power" in str(names["report"]["targets"])
    for damping in (0.1, 0.3):
        surrogate = load(folder / "run").without_certificate()
        made = surrogate.sample({"damping": damping}, 500, seed=2)
        real = names["Oscillator"]().sample({"damping": damping}, 500, seed=3)
        powers = [names["mean_square"](side, {}).mean() for side in (made, real)]
        assert powers[0] == pytest.approx(powers[1], rel=0.25)


def test_it_goes_by_the_names_that_it_was_given(run: Any, capsys: pytest.CaptureFixture) -> None:
    folder, _ = run
    about = load(folder / "run").description
    assert (about.domain, about.name, about.kept_stage) == ("signals", "energy-score", "score")
    assert about.seen == {"damping": [[0.05, 0.5]]}
    assert (folder / "report" / "report.html").stat().st_size > 10_000
    assert run_command(["list", "methods"]) == 0
    assert "--score-samples 256000 length of the training." in " ".join(
        capsys.readouterr().out.split()
    )
    words = ["show", str(folder / "oscillator.h5"), "--out", str(folder / "x.png")]
    assert run_command(words) == 0
    assert np.asarray(bytearray((folder / "x.png").read_bytes()[:4])).tolist() == [137, 80, 78, 71]
