"""The command line: parse, call, print. JAX and the like are imported only when a command runs.

Nothing at all is imported before signals are handled, so that a command can be stopped at once.
"""

import sys
from collections.abc import Sequence

__all__ = ["main", "run_command"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    The exit code is 0 done, 1 failed, 2 usage, 3 a check failed, 130 or 143 stopped by Ctrl-C or
    SIGTERM.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    from physgan.cli.stopping import Stopping

    stopping = Stopping(words)
    try:
        from physgan.cli.running import prepare

        prepare()
        code = run_command(words)
    except KeyboardInterrupt:
        code = 1
    if code and stopping.signal:
        stopping.exit()
    sys.exit(code)


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors become one line on stderr."""
    from physgan.cli.running import run

    return run(arguments)
