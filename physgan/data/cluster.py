"""Shards from the workers of a Dask cluster.

Workers return the bytes of files to the process that asked, which alone writes: they need no
common disk, and one that is killed leaves no half of a file.
"""

import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import distributed
from distributed.protocol.pickle import dumps, loads

from physgan.data.job import Made, Make
from physgan.data.manifest import version_of
from physgan.errors import InputError, PhysganError

__all__ = ["TRIES", "Cluster", "connected"]

TRIES = 3
"""So often a shard is begun whose simulation fails."""

_AHEAD = 2
"""Shards per worker that are handed out: one is made while the bytes of the other travel."""

_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 5


class _Maker(distributed.WorkerPlugin):
    """What every worker holds during a run, those that join later too.

    It is unpacked by the first shard: that imports JAX, and a worker answers nobody meanwhile
    unless a task does it.

    Args:
        make: makes a shard.
    """

    def __init__(self, make: Make) -> None:
        self.name = f"physgan-{uuid.uuid4()}"
        self.packed, self.version = dumps(make), version_of("physgan")

    def setup(self, worker: Any) -> None:
        """Refuse another version of physgan, which may make other bytes."""
        if self.version != (found := version_of("physgan")):
            raise ImportError(f"physgan {found} on {worker.address}")
        self.lock = threading.Lock()
        self.make: Make | None = None

    def __call__(self, first: int) -> Made:
        """The shard that begins with event `first`; one at a time, simulators have threads."""
        with self.lock:
            make: Make = self.make or loads(self.packed)
            self.make = make
            return make(first, lambda done: None)


def _make_there(name: str, first: int) -> Made:
    """Runs on a worker."""
    maker: Any = distributed.get_worker().plugins[name]
    return maker(first)


class Cluster:
    """Hands shards to the workers of a scheduler.

    Args:
        client: connected to it.
    """

    def __init__(self, client: Any) -> None:
        self.client = client

    def hand_out(
        self, make: Make, shards: Mapping[int, str], progress: Callable[[int], None]
    ) -> Generator[tuple[int, Made]]:
        """Have shards made by the workers, whichever is free.

        A shard that fails is begun again, `TRIES` times in all, and so is a finished one whose
        worker died before it was fetched. One whose worker died as often as the scheduler allows
        (`distributed.scheduler.allowed-failures`) may have been beside the culprit, so it is begun
        once more when no other is.

        Args:
            make: makes a shard; it is sent to every worker once.
            shards: first event -> file.
            progress: called with 0 at once and every second.

        Yields:
            (first event, shard), in the order in which they are finished.

        Raises:
            PhysganError: when all others are finished, for shards that were given up; at once, if
                the scheduler is lost or the workers cannot take shards.
        """
        if not shards:
            return
        progress(0)
        maker = _Maker(make)
        try:
            self.client.register_plugin(maker)
        except Exception as error:
            raise PhysganError(
                f"expected physgan {maker.version} on every worker; got {_words(error)}; "
                "install the same packages there"
            ) from None
        failed: dict[int, BaseException] = {}
        killed: list[int] = []
        try:
            for firsts, alone in ((list(shards), False), (killed, True)):
                for first, found in self._finished(maker.name, firsts, alone, progress):
                    if not isinstance(found, BaseException):
                        yield first, found
                    elif isinstance(found, distributed.KilledWorker) and not alone:
                        killed.append(first)
                    else:
                        failed[first] = found
        except OSError:
            raise _lost() from None
        finally:
            with suppress(Exception):
                self.client.unregister_worker_plugin(maker.name)
        if failed:
            raise _given_up([shards[first] for first in sorted(failed)], failed[min(failed)])

    def _finished(
        self, name: str, firsts: Iterable[int], alone: bool, progress: Callable[[int], None]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """(first event, shard or error) in the order in which they end, `alone` one by one."""
        waiting, pending, lost = deque(firsts), dict[Any, int](), Counter[int]()
        while True:
            room = 1 if alone else _AHEAD * max(1, len(self.client.nthreads()))
            while waiting and len(pending) < room:
                first = waiting.popleft()
                future = self.client.submit(
                    _make_there, name, first, pure=False, retries=0 if alone else TRIES - 1
                )
                pending[future] = first
            if not pending:
                return
            ended = _ended(list(pending))
            if not ended:
                progress(0)
            for future in ended:
                first = pending.pop(future)
                found = _outcome(future)
                if not isinstance(found, distributed.CancelledError):
                    yield first, found
                elif self.client.status != "running":
                    raise _lost()
                else:
                    lost[first] += 1
                    if lost[first] == TRIES:
                        yield first, found
                    else:
                        waiting.append(first)


def _ended(futures: list[Any]) -> list[Any]:
    """Those that have ended, whichever way, after at most a second."""
    try:
        return list(distributed.wait(futures, timeout=1, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []
    except distributed.CancelledError:
        return [future for future in futures if future.cancelled()]


def _outcome(future: Any) -> Made | BaseException:
    """A shard, or why there is none: a `CancelledError` if scheduler or client dropped it."""
    try:
        return future.exception() or future.result()
    except distributed.CancelledError as error:
        return error


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Connect to a scheduler, and drop what it still has to do for us at the end.

    Args:
        address: such as "tcp://host:8786".

    Raises:
        InputError: if none answers there.
    """
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"expected a Dask scheduler at {address}; got {_words(error)}; "
            "start one (dask scheduler) and give the address that it prints"
        ) from None
    try:
        with client.as_current():
            yield Cluster(client)
    finally:
        client.close(timeout=_CLOSE_SECONDS)


def _lost() -> PhysganError:
    return PhysganError(
        "expected the scheduler to stay; it is lost; what is finished is kept; start one and give "
        "the same command again"
    )


def _given_up(names: list[str], error: BaseException) -> PhysganError:
    some = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    how = "killed its worker" if isinstance(error, distributed.KilledWorker) else _words(error)
    return PhysganError(
        f"expected every shard; {some} failed {TRIES} times or more, the first by: {how}; "
        "the others are finished; to try again, give the same command"
    )


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
