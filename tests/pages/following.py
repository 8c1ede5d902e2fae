"""A page's blocks, and its commands followed one by one with small sizes."""

import re
import runpy
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from physgan.benchmark import benchmark
from physgan.cli import run_command
from physgan.comparison import ComparisonSettings
from physgan.fidelity import BoostedTrees, DenseNetwork

ROOT = Path(__file__).parents[2]
COUNT = 100
TREES, NETWORK = BoostedTrees(rounds=5, repeats=1), DenseNetwork(width=8, epochs=2, repeats=1)


def blocks(text: str, language: str = r"\w+") -> list[str]:
    """The fenced blocks of a language, or of all that state one."""
    return re.findall(rf"^```(?:{language})\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[list[str]]:
    """The commands in all bash blocks, as words."""
    joined = "".join(blocks(text, "bash")).replace("\\\n", " ")
    lines = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [words for words in lines if words]


def follow(lines: Sequence[list[str]], more: Mapping[str, list[str]], **sizes: object) -> None:
    """Commands in the working directory, with small classifiers and one size of batches timed.

    Args:
        lines: the commands, as words.
        more: beginning of a command -> further options.
        sizes: option -> value in place of the page's.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("physgan.benchmark.trained_run.benchmark", quick_benchmark)
        judge_quickly(patch)
        for words in lines:
            words = [
                str(sizes.get(before[2:], word)) if before.startswith("--") else word
                for before, word in zip(["", *words], words, strict=False)
            ]
            if words[0] == "python":
                patch.setattr(sys, "argv", words[1:])
                runpy.run_path(str(ROOT / words[1]), run_name="__main__")
                continue
            assert words[0] == "physgan"
            given = words[1:]
            for begin, options in more.items():
                if words[1 : 1 + len(begin.split())] == begin.split():
                    given = [*given, *options]
            assert run_command(given) == 0, " ".join(words)


def judge_quickly(patch: pytest.MonkeyPatch) -> None:
    """Small classifiers in benchmarks and comparisons."""
    patch.setattr("physgan.benchmark.run.CLASSIFIERS", (TREES, NETWORK))
    patch.setattr(
        "physgan.comparison.metrics.ComparisonSettings",
        lambda: ComparisonSettings(TREES, NETWORK, draws=2),
    )


def quick_benchmark(*sources: Any, **arguments: Any) -> dict[str, Any]:
    """One size of batches timed, no convolutional classifier."""
    return benchmark(*sources, **{**arguments, "classifier_budget": 0, "batches": (COUNT,)})
