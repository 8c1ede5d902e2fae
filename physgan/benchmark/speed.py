"""Seconds a sample: sources at several batch sizes, the simulator per independent sample.

With the memory and the processor cores that were used, on every device that is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np

from physgan.benchmark.sources import ConditionValues, Source, subseed
from physgan.benchmark.usage import Usage, used
from simulators.protocol import Conditions

__all__ = ["BATCHES", "Size", "Speed", "measure_speed"]

BATCHES = (1, 100, 10_000)
_ROUNDS = 3
_CALLS = {1: 10, 100: 5}
_LONG_SECONDS = 5.0
"""Calls that took as long say enough at once."""


@dataclass(frozen=True)
class Size:
    """How large a network is.

    Args:
        parameters: numbers that were learnt or fitted.
        flops: floating-point operations of one sample, None for what is no network.
    """

    parameters: int
    flops: float | None


@dataclass
class Speed:
    """Timings of one interleaved run, so that a busy machine is busy for all.

    Args:
        timed_at: number of the condition that sources were timed at.
        sources: name -> batch size -> seconds a sample, one entry a round; only one where the calls
            of a round took 5 s.
        simulator: condition -> seconds of one independent sample, one entry a round.
        sizes: name -> parameters and FLOPs a sample of each source that knows them.
        independence: what the simulator's time is the time of, in words; "" if it does not say.
        usage: name -> cores and memory at the largest batch; the simulator's under "".
        device: that sources ran on.
        elsewhere: other device -> batch size -> seconds a sample of the first source.
    """

    timed_at: int
    sources: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    simulator: list[list[float]] = field(default_factory=list)
    sizes: dict[str, Size] = field(default_factory=dict)
    independence: str = ""
    usage: dict[str, Usage] = field(default_factory=dict)
    device: str = ""
    elsewhere: dict[str, dict[int, list[float]]] = field(default_factory=dict)

    @property
    def hardest(self) -> int:
        """Number of the condition that costs the simulator most; noise only adds time."""
        return int(np.argmax([min(seconds) for seconds in self.simulator]))


@runtime_checkable
class _Sized(Protocol):
    """A source that knows its size."""

    @property
    def parameter_count(self) -> int: ...

    def flops_per_sample(self) -> float | None: ...


class _Timed(Protocol):
    """A truth of which the cost is known, or not a number."""

    def seconds_per_independent_sample(self, conditions: Conditions) -> float: ...


def measure_speed(
    sources: Sequence[Source],
    simulator: _Timed,
    conditions: Sequence[ConditionValues],
    seed: int,
    batches: Sequence[int] = BATCHES,
    rounds: int = _ROUNDS,
    devices: Sequence[Any] | None = None,
) -> Speed:
    """Time everything in turn, `rounds` times, sources after one call each to warm up.

    A batch whose calls took 5 s is not timed again.

    Sources are timed at the condition that costs the simulator most at first sight, the first of
    them on all `devices`: by default JAX's own and, where that is another, the processor.
    """
    costs = [[simulator.seconds_per_independent_sample(dict(c))] for c in conditions]
    own, *others = _devices() if devices is None else devices
    independence = str(getattr(simulator, "independence", ""))
    result = Speed(int(np.argmax(costs)), simulator=costs, independence=independence)
    result.device = own.device_kind
    condition = dict(conditions[result.timed_at])
    for source in sources:
        if isinstance(source, _Sized):
            size = Size(source.parameter_count, source.flops_per_sample())
            result.sizes[source.name] = size
        result.sources[source.name] = {batch: [] for batch in batches}
        for batch in batches:
            source.sample(condition, batch, subseed(seed, 94, batch))
    largest = max(batches)
    for turn in range(rounds):
        for source in sources:
            for batch in batches:
                found = result.sources[source.name][batch]
                if turn and found[0] * _calls(batch) * batch >= _LONG_SECONDS:
                    continue
                seconds, usage = _seconds(source, condition, batch, subseed(seed, 95, turn, batch))
                found.append(seconds)
                if batch == largest:
                    result.usage[source.name] = usage
        if turn:
            for values, rounds_of_one in zip(conditions, costs, strict=True):
                rounds_of_one.append(simulator.seconds_per_independent_sample(dict(values)))
    hardest = dict(conditions[result.hardest])
    result.usage[""] = used(partial(simulator.seconds_per_independent_sample, hardest))
    for device in others:
        result.elsewhere[device.device_kind] = _on(
            device, sources[0], condition, seed, batches, rounds
        )
    return result


def _devices() -> list[Any]:
    """The default device, and the processor if that is another."""
    import jax

    found = jax.devices()[:1]
    return found if found[0].platform == "cpu" else [*found, jax.devices("cpu")[0]]


def _on(
    device: Any,
    source: Source,
    condition: ConditionValues,
    seed: int,
    batches: Sequence[int],
    rounds: int,
) -> dict[int, list[float]]:
    """Seconds a sample of one source on one device, after a call to warm up."""
    import jax

    result: dict[int, list[float]] = {}
    with jax.default_device(device):
        for batch in batches:
            source.sample(condition, batch, subseed(seed, 94, batch))
            seeds = [subseed(seed, 95, turn, batch) for turn in range(rounds)]
            result[batch] = [_seconds(source, condition, batch, each)[0] for each in seeds]
    return result


def _seconds(
    source: Source, condition: ConditionValues, batch: int, seed: int
) -> tuple[float, Usage]:
    """Seconds a sample, and what all calls together took."""
    calls = _calls(batch)

    def repeated() -> None:
        for call in range(calls):
            source.sample(condition, batch, seed + call)

    usage = used(repeated)
    return usage.seconds / (calls * batch), usage


def _calls(batch: int) -> int:
    """Calls in a round."""
    return _CALLS.get(batch, 1)
