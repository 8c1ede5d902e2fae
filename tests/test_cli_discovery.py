"""A command line that can be discovered: lists, help, nearest words, pictures, completion."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from physgan import __version__
from physgan.cli import run_command
from physgan.cli.listing import LISTS, Setting, settings_table
from physgan.cli.quickstart import baseline_of
from physgan.data import open_dataset, recipe_names
from physgan.domains import DOMAINS
from physgan.methods import METHODS
from simulators import SIMULATORS


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("show") / "x.h5"
    line = "simulate ising --size 4 --temperature 2.5 --count 8 --out"
    assert run_command([*line.split(), str(out)]) == 0
    return out


@dataclass(frozen=True)
class Small:
    """Settings of nothing.

    Longer words: with a colon, before the section.

    Args:
        rate: of learning, per step; over
            two lines.
        name: a word: any will do.

    Raises:
        ValueError: never.
    """

    rate: float = 0.5
    name: str = ""
    silent: bool = False


@dataclass(frozen=True)
class Larger(Small):
    """More settings.

    Args:
        name: another word.
        depth: of a network.
    """

    depth: int = 2


def test_settings_and_their_meanings_are_read_from_a_dataclass() -> None:
    expected = (
        Setting("rate", 0.5, "of learning, per step; over two lines."),
        Setting("name", "", "a word: any will do."),
        Setting("silent", False, ""),
    )
    assert settings_table(Small) == expected
    assert settings_table(Small(rate=0.1))[0].default == 0.1
    assert settings_table(Larger) == (
        *(s._replace(meaning="another word.") if s.name == "name" else s for s in expected),
        Setting("depth", 2, "of a network."),
    )
    assert settings_table(None) == ()


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_of_a_method_has_a_meaning(method: str) -> None:
    settings = METHODS[method].settings
    table = settings_table(settings)
    assert [s.name for s in table] == settings.names()
    assert [s.default for s in table] == list(settings().to_table().values())
    assert all(s.meaning.endswith(".") for s in table)


def test_lists_have_every_word_in_one_line(call) -> None:
    code, out, err = call("list", "--json")
    assert (code, err) == (0, "")
    known = {"recipes": recipe_names(), "simulators": SIMULATORS, "methods": METHODS}
    listed = json.loads(out)
    assert list(listed) == list(LISTS)
    for kind, words in {**known, "domains": DOMAINS}.items():
        assert set(listed[kind]) == set(words)
    assert "calo-small" in listed["surrogates"]
    for kind, words in listed.items():
        for word, entry in words.items():
            assert entry["summary"], (kind, word)
    assert listed["methods"]["gan"]["settings"]["gamma"]["default"] == 0.1
    code, out, _ = call("list", "recipes")
    assert len(out.splitlines()) == 1 + len(recipe_names())
    assert "  ising-16: Ising spins on a 16 x 16 torus" in out


def test_methods_and_help_of_train_show_every_setting(call) -> None:
    for words in (["list", "methods"], ["train", "--help"]):
        code, out, _ = call(*words)
        assert code == 0
        text = " ".join(out.split())
        for method in METHODS:
            assert f" {method}: " in f" {text}"
        assert "--gamma-fall 10.0 factor by which gamma falls along a cosine; 1 keeps" in text
    assert "vae: " not in call("train", "--method", "gan", "--help")[1]


def test_help_of_simulate_shows_the_recipe(call) -> None:
    code, out, _ = call("simulate", "calo-small", "--help")
    assert code == 0
    text = " ".join(out.split())
    assert "Recipe calo-small: Electron showers, 0.2-2 GeV" in text
    assert "--energy-mev 200 to 2000 MeV (loguniform): kinetic energy" in text
    assert "count: 16,384" in text
    text = " ".join(call("simulate", "ising", "--help")[1].split())
    assert "--size L, even, 4 to 4096. [required]" in text
    assert "--temperature 0.1 to 10 J/k_B" in text
    assert "--energy-mev" in call("simulate", "calorimeter", "--help")[1]


NEAR = {
    "command": (2, "simulat ising-16", "simulate"),
    "recipe": (1, "simulate isng-32 --out x", "ising-32"),
    "recipe's info": (1, "info isng-32", "ising-32"),
    "recipe of quickstart": (1, "quickstart --recipe isng-32 --out x", "ising-32"),
    "simulator": (1, "simulate calorimter --count 8 --out x", "calorimeter"),
    "method": (1, "train d --out x --method flow-macthing", "flow-matching"),
    "domain": (1, "import a.npz --out x --domain shower --condition e=e:1", "showers"),
    "option": (2, "verify d --jsn", "--json"),
    "option beside conditions": (2, "simulate ising-16 --cuont 3 --out x", "--count"),
    "condition": (2, "simulate calo-small --enregy-gev 3 --out x", "--energy-gev"),
    "setting": (2, "train d --out x --gama 3", "--gamma"),
    "surrogate": (1, "sample calo-smal --out x", "calo-small"),
    "surrogate of explain": (1, "explain calo-smal --out x", "calo-small"),
    "surrogate of benchmark": (1, "benchmark calo-smal --out x", "calo-small"),
    "list": (2, "list recipe", "recipes"),
}


@pytest.mark.parametrize("case", NEAR)
def test_unknown_words_get_the_nearest_one(
    call, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected, line, word = NEAR[case]
    code, out, err = call(*line.split())
    assert (code, out, err.count("\n")) == (expected, "", 1)
    near = re.search(r"(?:did you mean |Did you mean |Possible options: )'?([-\w]+)", err)
    assert near is not None
    assert near[1] == word
    assert not list(tmp_path.iterdir())


def test_version(call) -> None:
    assert call("--version") == (0, f"physgan {__version__}\n", "")


def test_completion_knows_the_commands() -> None:
    environment = {
        "_PHYSGAN_COMPLETE": "complete_bash",
        "COMP_WORDS": "physgan s",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from physgan.cli import main; main()"],
        env={**os.environ, **environment, "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["simulate", "show", "sample"]


def test_a_sample_of_any_domain_is_drawn(call, dataset: Path, tmp_path: Path) -> None:
    code, out, _ = call("show", dataset, "--sample", 3, "--out", tmp_path / "a.png", "--json")
    assert code == 0
    expected = {"picture": str(tmp_path / "a.png"), "sample": 3, "conditions": {"temperature": 2.5}}
    assert json.loads(out) == expected
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = call("show", dataset, "--sample", 8, "--out", tmp_path / "b.png")
    assert (code, err) == (1, "error: expected a sample below 8; got 8\n")
    code, _, err = call("show", dataset, "--out", tmp_path / "b.xyz")
    assert (code, err.count("\n")) == (1, 1)
    assert not (tmp_path / "b.xyz").exists()


def test_a_domains_own_figure_is_preferred(call, dataset, tmp_path, monkeypatch) -> None:
    drawn = []

    def figure(self, samples, conditions, index):
        from matplotlib.figure import Figure

        drawn.append((samples["spins"][index], conditions["temperature"][index]))
        return Figure()

    monkeypatch.setattr(DOMAINS["spins"], "figure", figure)
    assert call("show", dataset, "--sample", 3, "--out", tmp_path / "a.png")[0] == 0
    ((spins, temperature),) = drawn
    assert (spins == open_dataset(dataset).read()[0]["spins"][3]).all()
    assert temperature == 2.5


def test_display_is_the_former_name_of_show(call, dataset: Path, tmp_path: Path) -> None:
    assert call("display", dataset, "--event", 2, "--out", tmp_path / "a.png")[0] == 0
    assert (tmp_path / "a.png").exists()
    assert "display" not in call("--help")[1]


TINY = """
[simulator]
name = "{simulator}"
[events]
count = 128
{conditions}
[benchmark]
count = {count}
conditions = [{{}}]
"""


@pytest.mark.parametrize(
    ("simulator", "conditions", "baselines"),
    [
        ("gaussian-ring", "[conditions]", ["copula"]),
        (
            'ising"\nsize = 4\nalgorithm = "auto',
            '[conditions.temperature]\ndistribution = "fixed"\nvalue = 2.0',
            ["clipped-gaussian"],
        ),
    ],
)
def test_quickstart_of_any_recipe(
    call, tmp_path: Path, monkeypatch, simulator: str, conditions: str, baselines: list[str]
) -> None:
    trained, benchmarked = [], {}

    def train(data, run, *, seed, method="gan", progress):
        trained.append((Path(run).name, method, len(open_dataset(data))))

    def benchmark_run(run, out, **more):
        benchmarked.update(more)
        return {"verdict": "good"}

    monkeypatch.setattr("physgan.methods.train", train)
    monkeypatch.setattr("physgan.benchmark.benchmark_run", benchmark_run)
    recipe = tmp_path / "mine.toml"
    recipe.write_text(TINY.format(simulator=simulator, conditions=conditions, count=100))
    code, out, _ = call("quickstart", "--recipe", recipe, "--out", tmp_path / "q", "--json")
    assert code == 0
    assert json.loads(out)["dataset"] == str(tmp_path / "q" / "mine.h5")
    assert trained == [*((b, b, 128) for b in baselines), ("run", "gan", 128)]
    assert benchmarked["baselines"] == [str(tmp_path / "q" / b) for b in baselines]
    assert benchmarked["count"] == 100
    assert benchmarked["recipe"] == str(recipe)
    assert json.loads(out)["next"].startswith(f"physgan sample {tmp_path / 'q' / 'run'} ")


def test_baselines_are_methods() -> None:
    assert {baseline_of(domain) for domain in DOMAINS} - {""} <= set(METHODS)
