"""Work shared among the cores that this process may use."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

__all__ = ["concurrently", "cores"]

Task = Callable[[], int]


def cores() -> int:
    """Number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def concurrently(tasks: Iterable[Task]) -> Iterator[int]:
    """Run tasks that release the interpreter lock; yield their results in order."""
    with ThreadPoolExecutor(cores()) as pool:
        yield from pool.map(lambda task: task(), tasks)
