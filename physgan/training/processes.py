"""Several processes find each other to train together; none waits for one that failed."""

import atexit
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import jax
from jax.experimental.multihost_utils import sync_global_devices

from physgan.errors import InputError

__all__ = ["several"]

_ADDRESS = "JAX_COORDINATOR_ADDRESS"
_RANKS = (
    ("JAX_NUM_PROCESSES", "JAX_PROCESS_ID"),
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("PMI_SIZE", "PMI_RANK"),
)
"""Variables with the number of processes and of this one: by hand, Open MPI, MPICH, Intel MPI."""

_PATIENCE = 300
_LONGEST_END = 3600
_FAREWELL = 5


@contextmanager
def several(patience: float = _PATIENCE) -> Iterator[None]:
    """A block that several processes execute together; it has to begin before JAX is used.

    They are those of a Slurm step or of `mpirun`, which `jax.distributed` recognises. By hand, and
    for other launchers, JAX_COORDINATOR_ADDRESS is host:port of the first process, on a port that
    is free there; JAX_NUM_PROCESSES and JAX_PROCESS_ID are each process's own.

    Args:
        patience: seconds to wait for the others.

    Raises:
        InputError: for variables that are missing or make no sense, or a first process that does
            not answer.
    """
    address = os.environ.get(_ADDRESS)
    count, number = _rank(os.environ) if address else (None, None)
    if address:
        _check_address(address)
    if address and number is not None:
        if number > 0:
            _reach(address, number, patience)
        else:
            print(f"note: waiting at {address} for {count} processes", file=sys.stderr, flush=True)
    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM for itself
    try:
        jax.distributed.initialize(
            address,
            count,
            number,
            initialization_timeout=int(patience),
            shutdown_timeout_seconds=_LONGEST_END,
        )
    except (ValueError, RuntimeError, KeyError) as error:
        raise InputError(
            f"expected processes that Slurm or mpirun started, or {_ADDRESS}=host:port with "
            f"{' and '.join(_RANKS[0])} for each; got none that can begin: {error}"
        ) from None
    with _stdout_as_stderr():  # Gloo announces its first connection there
        sync_global_devices("begin")
    try:
        yield
    except BaseException:
        atexit.register(_leave)
        raise


def _rank(variables: Mapping[str, str]) -> tuple[int | None, int | None]:
    """The number of processes and of this one; None where the launcher is left to JAX.

    Raises:
        InputError: if they are no such numbers.
    """
    for names in _RANKS:
        values = [variables.get(name) for name in names]
        if None in values:
            continue
        try:
            count, number = (int(value or "") for value in values)
        except ValueError:
            count, number = 0, 0
        if not 0 <= number < count:
            raise InputError(
                f"expected {names[0]} of 1 or more and {names[1]} from 0 to one less; got "
                f"{values[0]!r} and {values[1]!r}"
            )
        return count, number
    return None, None


def _check_address(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise InputError(f"expected {_ADDRESS} as host:port; got {address!r}")


def _reach(address: str, number: int, patience: float) -> None:
    """Wait until the first process listens: JAX itself would abort without an error to catch.

    Raises:
        InputError: if it does not.
    """
    host, _, port = address.rpartition(":")
    end = time.monotonic() + patience
    while True:
        try:
            socket.create_connection((host.strip("[]"), int(port)), 5).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise InputError(
                    f"expected process 0 at {address}; process {number} got no answer in "
                    f"{patience:.0f} s: {error}; start process 0, or mend {_ADDRESS}"
                ) from None
        time.sleep(0.2)


@contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Let what libraries print on stdout go to stderr: stdout is for results."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _leave() -> None:
    """End at once unless all others end too: they may wait for this process in a computation."""
    end = threading.Thread(target=jax.distributed.shutdown, daemon=True)
    end.start()
    end.join(_FAREWELL)
    if end.is_alive():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
