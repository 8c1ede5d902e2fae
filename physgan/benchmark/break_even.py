"""After how many events a surrogate has paid for its training set and its training."""

from dataclasses import dataclass

import numpy as np

from physgan.benchmark.results import Results

__all__ = ["BreakEven", "break_even"]


@dataclass(frozen=True)
class BreakEven:
    """Costs in seconds of one machine; those of plain simulation beside those of a surrogate.

    Args:
        learnt: events that were simulated for the training.
        simulating: of an independent event by the simulator, mean over the benchmark's conditions.
        training: of the training.
        sampling: of an event by the surrogate, at the largest batch.
    """

    learnt: int
    simulating: float
    training: float
    sampling: float

    @property
    def before(self) -> float:
        """Seconds until the first sample: training set and training."""
        return self.learnt * self.simulating + self.training

    @property
    def events(self) -> float:
        """Events from which on the surrogate costs less; infinite if it is not faster."""
        gain = self.simulating - self.sampling
        return self.before / gain if gain > 0 else float("inf")

    def plain(self, events: np.ndarray) -> np.ndarray:
        """Seconds of so many events by the simulator."""
        return np.asarray(events * self.simulating)

    def by_surrogate(self, events: np.ndarray) -> np.ndarray:
        """Seconds of so many events by the surrogate, with all that came before."""
        return np.asarray(self.before + events * self.sampling)


def break_even(results: Results) -> BreakEven | None:
    """The costs of a benchmark's surrogate; None where one of them is not known."""
    known, speed = results.training, results.speed
    if speed is None or not {"training_events", "training_seconds"} <= set(known):
        return None
    batches = speed.sources[results.surrogate.name]
    simulating = float(np.mean([np.median(seconds) for seconds in speed.simulator]))
    if not np.isfinite(simulating):
        return None
    sampling = float(np.median(batches[max(batches)]))
    events, seconds = int(known["training_events"]), float(known["training_seconds"])
    return BreakEven(events, simulating, seconds, sampling)
