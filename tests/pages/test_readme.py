"""README.md, block by block, with few events and small lattices."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from following import COUNT, ROOT, blocks, commands, follow, judge_quickly, quick_benchmark
from idx_files import real_digits, write_idx

from physgan.cli import run_command
from physgan.data import open_dataset

pytestmark = pytest.mark.documentation

TEXT = (ROOT / "README.md").read_text()
RECIPE = """
[simulator]
name = "ising"
size = 8

[events]
count = 600

[conditions.temperature]
distribution = "uniform"
minimum = 1.5
maximum = 3.5

[splits]
train = 0.8
validation = 0.1
test = 0.1

[train]
batch_size = 32
generator_width = 4
likelihood_samples = 320
adversarial_samples = 64
checkpoint_samples = 160
validation_samples = 60

[benchmark]
conditions = [{ temperature = 2.27 }]
"""
SMALLER = {
    "benchmark runs/ising-32": ["--recipe", "ising-32.toml", "--count", str(COUNT)],
    "explain": ["--count", "20"],
    "import deposits.npz": ["--split", "train=0.2,validation=0.2,test=0.6"],
    "train x.h5": ["--method", "copula"],
    "benchmark runs/mine": ["--count", str(COUNT)],
    "import-idx": ["--split", "train=0.4,validation=0.1,test=0.5"],
    "train digits.h5": [
        *("--batch-size", "16", "--adversarial-samples", "64", "--checkpoint-samples", "64"),
        *("--validation-samples", str(COUNT)),
    ],
    "benchmark runs/digits": ["--count", str(2 * COUNT)],
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ising-32.toml").write_text(RECIPE)


def follow_paragraph(begin: str) -> None:
    """The part of the shell's block that begins with a command and ends at an empty line."""
    _, shell = blocks(TEXT, "bash")
    (paragraph,) = (part for part in shell.split("\n\n") if part.startswith(begin))
    for words in commands(f"```bash\n{paragraph}\n```\n"):
        if words[:3] == ["physgan", "simulate", "ising-32"]:
            words[2] = "ising-32.toml"
        if words[1] == "import-calochallenge":
            shutil.copy("challenge.hdf5", words[2])
            shutil.copy("challenge.xml", words[3])
        if "--out" in words:
            start_anew(Path(words[words.index("--out") + 1]))
        follow([words], SMALLER, count=COUNT)


def start_anew(out: Path) -> None:
    """Remove a dataset: the block has alternatives, some of which write files of one name."""
    for path in (out, out.with_name(out.name + ".json")):
        if path.is_file():
            path.unlink()


def test_python_and_then_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    (python,) = blocks(TEXT, "python")
    for word, other in (
        ("size=32", "size=8"),
        ('simulate("ising-32"', 'simulate("ising-32.toml"'),
        ("count=1000", f"count={COUNT}"),
        ("count=10_000", f"count={COUNT}"),
    ):
        assert word in python
        python = python.replace(word, other)
    names: dict[str, Any] = {"__name__": "readme"}
    with monkeypatch.context() as patch:
        patch.setattr("physgan.benchmark.benchmark", quick_benchmark)
        judge_quickly(patch)
        exec(compile(python, "README.md", "exec", dont_inherit=True), names)
    assert names["truth"].shape == names["made"].shape == (COUNT, 8, 8)
    assert names["report"]["count"] == COUNT
    words = ["simulate", "ising-32.toml", "--count", "300", "--seed", "2", "--out", "truth.h5"]
    assert run_command(words) == 0
    follow_paragraph("physgan simulate ising-32")
    assert open_dataset("samples.h5").shapes["spins"] == (8, 8)


def test_showers_and_own_data() -> None:
    rng = np.random.default_rng(1)
    energy = np.exp(rng.uniform(0, 2, 500))
    shares = rng.dirichlet(np.ones(16), 500).reshape(500, 1, 4, 4)
    arrays = {"deposits": 900 * energy[:, None, None, None] * shares, "energy": energy}
    np.savez("deposits.npz", **arrays)
    with uproot.recreate("mydata.root") as file:
        file.mktree("events", {name: (a.dtype, a.shape[1:]) for name, a in arrays.items()})
        file["events"].extend(arrays)
    follow_paragraph("physgan sample   calo-pb-lar")
    assert Path("shower.png").read_bytes().startswith(b"\x89PNG")
    assert len(open_dataset("showers.h5")) == COUNT
    made = open_dataset("made.h5").read_conditions()
    like = open_dataset("x.h5").read_conditions("test")
    np.testing.assert_array_equal(made["energy_mev"], like["energy_mev"])


def test_pictures() -> None:
    images, labels = real_digits(8)
    write_idx(Path("images-idx3-ubyte.gz"), images)
    write_idx(Path("labels-idx1-ubyte.gz"), labels)
    follow_paragraph("physgan import-idx")
    report = json.loads(Path("report/report.json").read_text())
    assert report["simulator"]["recorded"].startswith("the test split of digits.h5")


def test_every_paragraph_is_followed() -> None:
    _, shell = blocks(TEXT, "bash")
    assert len(shell.split("\n\n")) == 3


def test_the_first_block_is_what_continuous_integration_runs() -> None:
    first, _ = blocks(TEXT, "bash")
    start, test = first.splitlines()
    assert start.endswith("&& .venv/bin/physgan quickstart")
    command = (ROOT / ".ci" / "run").read_text()
    assert "grep --max-count=1 '/bin/pytest' README.md" in command
    assert "/bin/pytest" in test
