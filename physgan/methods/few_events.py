"""Default settings that depend on the number of training events: lengths and weight decay."""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["chosen_settings"]

_DECAYED = 8_000


class _Limits(NamedTuple):
    """Times that an event is seen at most, and number of steps at least."""

    passes: int
    steps: int


_LIMITS = {
    "likelihood_samples": _Limits(48, 500),
    "adversarial_samples": _Limits(48, 500),
    "rejection_samples": _Limits(4, 125),
}


def chosen_settings(
    suggested: Mapping[str, Any], given: Mapping[str, Any], count: int
) -> dict[str, Any]:
    """Lengths of stages that nobody has given, the interval of checkpoints, and weight decay.

    A stage sees an event 48 times at most, that of rejection four times. But they have 500 and 125
    steps at least, and as many checkpoints as they would have at the suggested length. Weights
    decay as suggested with 8,000 events or fewer, and less with more, as a prior's weight in a
    posterior does.

    Args:
        suggested: all settings of a method, as they suit many events.
        given: settings that stand: those of a recipe or of the user.
        count: events in the training split.
    """
    table = {**suggested, **given}
    chosen = {
        name: min(suggested[name], max(limits.passes * count, limits.steps * table["batch_size"]))
        for name, limits in _LIMITS.items()
        if name in suggested and name not in given
    }
    longest = max(_LIMITS, key=lambda name: table.get(name, 0))
    if "checkpoint_samples" not in given and chosen.get(longest):
        share = chosen[longest] / suggested[longest]
        chosen["checkpoint_samples"] = round(share * suggested["checkpoint_samples"])
    if suggested.get("weight_decay") and "weight_decay" not in given:
        chosen["weight_decay"] = suggested["weight_decay"] * min(1.0, _DECAYED / count)
    return chosen
