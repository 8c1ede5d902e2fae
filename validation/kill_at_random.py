"""Simulation, training and sampling killed at random moments: nothing may be lost or changed.

Each command is given to a process of its own, which gets kill -9 after a random time, and is given
again; a third of them are stopped by SIGTERM instead, which has to end in one line. What a
process that outlives its moment leaves is compared, byte for byte, with that of a command that was
never killed, and the command begins anew, so that kills meet its work rather than its end.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np

RESULT = Path(__file__).parent / "results" / "kill_at_random.json"
PHYSGAN = [sys.executable, "-m", "physgan.cli"]
SIMULATE = ["simulate", "recipe.toml"]
TRAIN = ["train", "ring.h5", "--set", "adversarial_samples=4096", "--set", "batch_size=64"]
TRAIN += ["--set", "checkpoint_samples=512"]
SAMPLE = ["sample", "run", "--count", "150000"]
JOBS = (["--shard", "1/2"], ["--shard", "2/2"], [])
COMMANDS = {
    "simulate": (SIMULATE, [[]]),
    "simulate --shard": (SIMULATE, JOBS),
    "train": (TRAIN, [[]]),
    "sample": (SAMPLE, [[]]),
    "sample --shard": (SAMPLE, JOBS),
}
"""Name -> (command, parts of it that are given in turn, of which the last one finishes)."""

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
        finish(folder, ["simulate", "ring-25", "--count", "4096", "--out", "ring.h5"])
        finish(folder, [*TRAIN, "--out", "run"])
        for verb, (command, parts) in COMMANDS.items():
            start = time.perf_counter()
            finish(folder, [*command, "--out", "whole"])
            seconds = time.perf_counter() - start
            rows.append({"command": verb, **killed(folder, command, parts, seconds, options, rng)})
            print(rows[-1], flush=True)
            shutil.rmtree(folder / "whole")
    passed = all(row["other_bytes"] == 0 and row["silent"] == 0 for row in rows)
    result = {"seed": options.seed, "passed": passed, "commands": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if passed else 1


def finish(folder: Path, words: list[str]) -> None:
    """Run a command to its end."""
    subprocess.run([*PHYSGAN, *words], cwd=folder, check=True, capture_output=True)


def killed(
    folder: Path,
    command: list[str],
    parts: Sequence[list[str]],
    seconds: float,
    options: argparse.Namespace,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Begin a command again and again, and in the end let it finish.

    Args:
        folder: where it runs and writes "killed", beside "whole" of a command never killed.
        command: without its output.
        parts: words that are added in turn.
        seconds: that it takes if it is not killed.
        options: with the number of kills.
        rng: of the moments, uniform from 0.15 s to `seconds`.

    Returns:
        {"seconds", "kills", "terminations", "while_writing", "finished", "other_bytes", "silent"}:
        "while_writing" counts processes that had changed a file; "finished" outputs that were
        compared, "other_bytes" those that differ; "silent" processes that SIGTERM did not end in
        one line that says how to go on.
    """
    names = ("kills", "terminations", "while_writing", "finished", "other_bytes", "silent")
    counts, out = dict.fromkeys(names, 0), folder / "killed"

    def compare() -> None:
        counts["finished"] += 1
        counts["other_bytes"] += digests(folder / "whole") != digests(out)
        shutil.rmtree(out)

    for index in count():
        part = parts[index % len(parts)]
        began = time.time()
        process = subprocess.Popen(
            [*PHYSGAN, *command, *part, "--out", "killed"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(float(rng.uniform(0.15, seconds)))
        process.send_signal(signal.SIGTERM if rng.random() < 1 / 3 else signal.SIGKILL)
        _, err = process.communicate()
        if process.returncode == 0:
            if part == parts[-1]:
                compare()
            continue
        counts["while_writing"] += any(p.stat().st_mtime > began for p in out.rglob("*"))
        if process.returncode == -signal.SIGKILL:
            counts["kills"] += 1
        else:
            lines = [line for line in err.splitlines() if line.startswith(("stopped:", "error:"))]
            counts["terminations"] += 1
            counts["silent"] += len(lines) != 1 or not lines[0].startswith("stopped: what is")
        if counts["kills"] == options.kills:
            break
    finish(folder, [*command, "--out", "killed"])
    compare()
    return {"seconds": round(seconds, 1), **counts}


def digests(folder: Path) -> dict[str, str]:
    """Shards and weights of a finished output: name -> SHA-256."""
    files = [*folder.glob("*.h5"), *folder.glob("surrogate/*.npz")]
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


if __name__ == "__main__":
    sys.exit(main())
