"""Run one command: exit codes, and errors as one line."""

import atexit
import gc
import io
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import typer

# in the order of the help
from physgan.cli import quickstart, datasets, train_sample, evaluate, convert  # noqa: F401  # isort: skip
from physgan.cli.app import app
from physgan.cli.options import UsageError
from physgan.errors import CertificateWarning, PhysganError, VerificationError, one_line

__all__ = ["prepare", "run"]

USAGE_ERROR = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


def prepare() -> None:
    """Set JAX's compilation cache, unless the environment does, and let stdout print any text.

    Programs that take a tenth of a second to compile are kept, rather than JAX's whole second.
    Garbage is collected seldom, and not at the end: modules and compiled programs are objects that
    stay. A sign that stdout's encoding lacks, as ASCII lacks ±, is printed as an escape sequence.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(cache):  # a user without a home directory stays "~"
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(cache, "physgan", "compiled")))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors become one line on stderr.

    Nothing is said of compiled programs that JAX cannot keep, as where the disk is full, or finds
    damaged: it compiles them again.
    """
    try:
        with warnings.catch_warnings():
            _show_certificates()
            warnings.filterwarnings("ignore", message="Error (read|writ)ing persistent compilation")
            return app(arguments or ["--help"], prog_name="physgan", standalone_mode=False) or 0
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


def _fail(error: Exception, code: int) -> int:
    text = " ".join(str(getattr(error, "format_message", lambda: error)()).split())
    expected = isinstance(error, PhysganError | ValueError | OSError | USAGE_ERROR)
    if not expected:
        text = f"{type(error).__name__}: {text}"
    if _lacks_devices():
        text = (
            f"expected a device for JAX_PLATFORMS={os.environ['JAX_PLATFORMS']}; got none, or a "
            "JAX without support for it; install physgan[cuda], or unset JAX_PLATFORMS"
        )
    print("error:", one_line(text), file=sys.stderr)
    return code


def _lacks_devices() -> bool:
    """Whether JAX is in use and cannot find the devices that the environment asks for."""
    if "JAX_PLATFORMS" not in os.environ or "jax" not in sys.modules:
        return False
    try:
        sys.modules["jax"].devices()
    except Exception:
        return True
    return False
