"""The command line: parse, call, print. Nothing heavy is imported until a command runs."""

from physgan.cli import begin, data, exchange, judging, learning
from physgan.cli.app import app
from physgan.cli.running import main, run_command

__all__ = ["app", "begin", "data", "exchange", "judging", "learning", "main", "run_command"]
