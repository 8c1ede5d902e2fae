"""Sampling on several devices: each gets whole calls, so results do not depend on their number."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Any, TypeVar

import jax

__all__ = ["on_devices"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_devices(
    call: Callable[[Item, jax.Device], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Results of one call for each item, in their order; one at once on every device.

    A call is one program on one device. Split over devices, its sums would be rounded otherwise.

    Args:
        call: starts a computation on a device.
        items: arguments of the calls.
    """
    devices = _devices()
    running: deque[Result] = deque()
    for item, device in zip(items, cycle(devices), strict=False):
        if len(running) == len(devices):
            yield running.popleft()
        running.append(call(item, device))
    yield from running


def _devices() -> list[jax.Device]:
    """This process's devices, or the one that `jax.default_device` names."""
    config: Any = jax.config
    chosen = config.jax_default_device
    if chosen is None:
        return jax.local_devices()
    return jax.local_devices(backend=chosen)[:1] if isinstance(chosen, str) else [chosen]
