"""The command line: parse, call, print. JAX and the like are imported only when a command runs."""

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
