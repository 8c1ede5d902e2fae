"""Simulation, training and sampling killed at random moments: nothing may be lost or changed.

Each command is given to a process of its own, which gets kill -9 after a random time, and is given
again. In the end it is left to finish, and what it wrote is compared, byte for byte, with that of a
command that was never killed. Every second process is stopped by SIGTERM instead, which has to end
in one line.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import numpy as np

RESULT = Path(__file__).parent / "results" / "kill_at_random.json"
SIMULATE = ["simulate", "recipe.toml"]
TRAIN = ["train", "data.h5", "--method", "likelihood", "--likelihood-samples", "8192"]
TRAIN += ["--checkpoint-samples", "1024", "--batch-size", "64", "--generator-width", "4"]
SAMPLE = ["sample", "run", "--temperature", "2.3", "--count", "150000"]
COMMANDS = {"simulate": SIMULATE, "train": TRAIN, "sample": SAMPLE}
RECIPE = """
[simulator]
name = "ising"
size = 16
[events]
count = 32768
shard_size = 8192
[conditions.temperature]
distribution = "uniform"
minimum = 2.0
maximum = 3.0
[splits]
train = 0.3
validation = 0.05
"""


def main() -> int:
    """Print and store what each command came to; status 1 if bytes differ or a line is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=12, help="for each command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    rng, rows = np.random.default_rng(options.seed), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "recipe.toml").write_text(RECIPE)
        finish(folder, [*SIMULATE, "--out", "data.h5"])
        finish(folder, [*TRAIN, "--out", "run"])
        for verb, command in COMMANDS.items():
            start = time.perf_counter()
            finish(folder, [*command, "--out", "whole"])
            row = killed(folder, command, time.perf_counter() - start, options.kills, rng)
            row["same_bytes"] = digests(folder / "whole") == digests(folder / "killed")
            rows.append({"command": verb, **row})
            print(rows[-1], flush=True)
            for out in ("whole", "killed"):
                (folder / out).rename(folder / f"{verb}-{out}")
    passed = all(row["same_bytes"] and row["silent"] == 0 for row in rows)
    result = {"seed": options.seed, "passed": passed, "commands": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if passed else 1


def finish(folder: Path, words: list[str]) -> None:
    """Run a command to its end."""
    subprocess.run(
        [sys.executable, "-m", "physgan.cli", *words], cwd=folder, check=True, capture_output=True
    )


def killed(
    folder: Path, command: list[str], seconds: float, kills: int, rng: np.random.Generator
) -> dict[str, int]:
    """Begin a command again and again, then let it finish.

    Args:
        folder: where it runs, and writes "killed".
        command: without its output.
        seconds: that it takes if it is not killed.
        kills: number of interruptions, kill -9 and SIGTERM in turn.
        rng: of the moments, log-uniform from 0.15 s to `seconds`.

    Returns:
        {"kills", "terminations", "ended", "silent"}: "ended" counts processes that finished before;
        "silent" those that did not end in one line that says how to go on.
    """
    words = [sys.executable, "-m", "physgan.cli", *command, "--out", "killed"]
    counts = {"kills": 0, "terminations": 0, "ended": 0, "silent": 0}
    for index in range(kills):
        process = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True)
        time.sleep(float(np.exp(rng.uniform(np.log(0.15), np.log(seconds)))))
        process.send_signal(signal.SIGTERM if index % 2 else signal.SIGKILL)
        _, err = process.communicate()
        if process.returncode == 0:
            counts["ended"] += 1
        elif process.returncode == -signal.SIGKILL:
            counts["kills"] += 1
        else:
            lines = [line for line in err.splitlines() if line.startswith(("stopped:", "error:"))]
            counts["terminations"] += 1
            counts["silent"] += len(lines) != 1 or not lines[0].startswith("stopped: what is")
    finish(folder, [*command, "--out", "killed"])
    return counts


def digests(folder: Path) -> dict[str, str]:
    """Shards and weights of a finished output: name -> SHA-256."""
    files = [*folder.glob("*.h5"), *folder.glob("surrogate/*.npz")]
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


if __name__ == "__main__":
    sys.exit(main())
