"""Does the CaloChallenge's own script read exported showers, and what does it say of the truth?

Two sets of `calo-w-si`, whose cells are those of its data set 2, at 1 to 5 GeV, are exported by
`physgan export-calochallenge`. Its `evaluate.py` (github.com/CaloChallenge/homepage, not part of
this project) holds one against the other by each of its classifiers, with the exported binning in
place of its own, the split into 60, 20 and 20 % in place of one of 100,000 showers, and ten epochs
of 512 hidden nodes in place of fifty of 2,048. Both sets are of one distribution, so the AUC has to
be 0.5 within four errors of a test sample of that size: (2 n + 1) / (12 n^2) is the variance of the
AUC of n and n samples (H. Mann and D. Whitney, Ann. Math. Stat. 18, 50, 1947).

    python validation/calochallenge_script.py CODE --torch PYTHON
"""

import argparse
import json
import re
import subprocess
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import physgan
from physgan.domains.showers.calochallenge import export_calochallenge

RESULT = Path(__file__).parent / "results" / "calochallenge_script.json"
MODES = ("cls-low", "cls-low-normed", "cls-high")
ENERGIES = {"distribution": "loguniform", "minimum": 1000.0, "maximum": 5000.0}
TESTED = 0.2
"""Share of the showers that its script tests on."""
SPLIT = """
import sys
from pathlib import Path
path = Path(sys.argv[1])
sys.argv = sys.argv[1:]
sys.path.insert(0, str(path.parent))
changed = path.read_text().replace("dataset=args.dataset)", "dataset=None)")
exec(compile(changed, str(path), "exec"), {"__name__": "__main__"})
"""
"""Runs its script with the other split."""


def main() -> int:
    """Print and store the AUCs; status 1 where a mode fails or tells the truth from itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("code", type=Path, help="the folder of evaluate.py")
    parser.add_argument("--torch", type=Path, required=True, help="a Python with torch, sklearn")
    parser.add_argument("--count", type=int, default=2000, help="of each; 1,700 or more")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files = [exported(Path(name), side, options.count) for side in (0, 1)]
        files[0].with_suffix(".xml").rename(Path(name, "binning_dataset_2.xml"))
        rows = {mode: judged(options, Path(name), files, mode) for mode in MODES}
    tested = TESTED * options.count
    error = ((2 * tested + 1) / (12 * tested**2)) ** 0.5
    good = all(auc is not None and abs(auc - 0.5) < 4 * error for auc in rows.values())
    result = {"count": options.count, "seeds": [0, 1], "auc": rows, "error": error, "passed": good}
    result["versions"] = {"physgan": physgan.__version__, "h5py": version("h5py")}
    print(result)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if good else 1


def exported(folder: Path, side: int, count: int) -> Path:
    """One set in the CaloChallenge's format, with its binning beside it."""
    recipe = replace(
        physgan.load_recipe("calo-w-si"),
        conditions={"energy_mev": ENERGIES},
        count=count,
        splits={},
    )
    physgan.simulate(recipe, folder / f"{side}.h5", seed=side)
    export_calochallenge(folder / f"{side}.h5", folder / f"{side}.hdf5")
    return folder / f"{side}.hdf5"


def judged(options: argparse.Namespace, folder: Path, files: list[Path], mode: str) -> float | None:
    """The AUC that its script prints, None where it fails."""
    given, reference = map(str, files)
    out = folder / "evaluated"
    script = options.code.resolve() / "evaluate.py"
    command = [options.torch, "-c", SPLIT, script, "-i", given, "-r", reference]
    command += ["-m", mode, "-d", "2", "--output_dir", out, "--no_cuda"]
    command += ["--cls_n_epochs", "10", "--cls_n_hidden", "512"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    found = re.findall(r"^AUC on test set is ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        print(done.stdout[-500:], done.stderr[-500:])
        return None
    return float(found[-1])


if __name__ == "__main__":
    raise SystemExit(main())
