"""What a report calls its truth: a simulator, or recorded events."""

from dataclasses import dataclass

from physgan.benchmark.recorded import Recorded
from physgan.benchmark.results import Results

__all__ = ["Words", "words_of"]


@dataclass(frozen=True)
class Words:
    """Parts of sentences.

    Args:
        truth: what sources are compared with.
        real: a sample of it, as an adjective.
        samples: what one calls its samples.
        several: its independent sets, with their number.
        pairs: two of them.
        again: the set that is treated as a source.
        drawn: how sources were sampled.
    """

    truth: str
    real: str
    samples: str
    several: str
    pairs: str
    again: str
    drawn: str


def words_of(results: Results) -> Words:
    """The words that fit the truth of a report."""
    number, count = len(results.reference.sets), f"{results.plan.count:,}"
    if isinstance(results.simulator, Recorded):
        at = (
            " at the conditions of the recorded events, one each"
            if results.plan.bins[0].name
            else ""
        )
        return Words(
            "the recorded events",
            "recorded",
            "events",
            f"{number} sets of recorded events",
            "sets of recorded events",
            "other recorded events",
            f"{count} of each source{at}",
        )
    places = len(results.plan.conditions)
    return Words(
        "the simulator",
        "simulated",
        "samples",
        f"{number} runs of the simulator",
        "independent runs",
        "the simulator, run again",
        f"{count} of each source at each of {places} condition{'s' * (places > 1)}",
    )
