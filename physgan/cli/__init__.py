"""The command line: parse, call, print. Nothing heavy is imported until a command runs."""

from physgan.cli import quickstart, datasets, train_sample, evaluate, convert  # isort: skip
from physgan.cli.app import app
from physgan.cli.running import main, run_command

__all__ = [
    "app",
    "convert",
    "datasets",
    "evaluate",
    "main",
    "quickstart",
    "run_command",
    "train_sample",
]
