"""Run one command: exit codes, and errors as one line."""

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from physgan.cli.app import app
from physgan.cli.options import UsageError
from physgan.errors import CertificateWarning, PhysganError, VerificationError, one_line

__all__ = ["main", "run_command"]

USAGE_ERROR = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 usage, 3 a check failed."""
    _keep_compiled_programs()
    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))


def _keep_compiled_programs() -> None:
    """Set JAX's compilation cache, unless the environment already does."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache / "physgan" / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors become one line on stderr."""
    try:
        with warnings.catch_warnings():
            _show_certificates()
            return app(arguments or ["--help"], prog_name="physgan", standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted; finished files are kept and the same command goes on", 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if "PHYSGAN_TRACEBACK" in os.environ:
            raise
        return _fail(error, _exit_code(error))


def _show_certificates() -> None:
    """Write what certificates say as one line on stderr."""
    shown = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *about: Any, **more: Any) -> None:
        if issubclass(category, CertificateWarning):
            print("warning:", one_line(str(message)), file=sys.stderr)
        else:
            shown(message, category, *about, **more)

    warnings.showwarning = show
    warnings.simplefilter("always", CertificateWarning)


def _exit_code(error: Exception) -> int:
    if isinstance(error, VerificationError):
        return 3
    usage = isinstance(error, UsageError | USAGE_ERROR)
    return 2 if usage else 1


def _fail(error: object, code: int) -> int:
    text = " ".join(str(getattr(error, "format_message", lambda: error)()).split())
    expected = isinstance(error, str | PhysganError | ValueError | OSError | USAGE_ERROR)
    print(
        "error:", one_line(text if expected else f"{type(error).__name__}: {text}"), file=sys.stderr
    )
    return code
