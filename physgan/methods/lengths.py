"""Default lengths of the stages of training: in proportion to the number of training events."""

from collections.abc import Mapping
from typing import Any

__all__ = ["chosen_lengths"]

_PASSES = {"likelihood_samples": 12.0, "adversarial_samples": 12.0, "rejection_samples": 5.0}
_AUGMENTED = 2.0
_FEWEST_STEPS = 500


def chosen_lengths(
    suggested: Mapping[str, Any], given: Mapping[str, Any], events: int
) -> dict[str, Any]:
    """Lengths of stages that nobody has given, and the interval of checkpoints.

    A network learns few events by heart, later if it sees them rotated and reflected. So a stage
    sees an event 12 times at most, 24 times if samples are augmented, and that of rejection a
    fraction of this. But each has 500 steps at least, and as many checkpoints as it would have at
    the suggested length.

    Args:
        suggested: all settings of a method, as they suit many events.
        given: settings that stand: those of a recipe or of the user.
        events: in the training split.
    """
    table = {**suggested, **given}
    least = _FEWEST_STEPS * table["batch_size"]
    events = round(events * (_AUGMENTED if table["augment"] else 1.0))
    chosen = {
        name: min(suggested[name], max(round(passes * events), least))
        for name, passes in _PASSES.items()
        if name in suggested and name not in given
    }
    longest = max(_PASSES, key=lambda name: table.get(name, 0))
    if "checkpoint_samples" not in given and chosen.get(longest):
        share = chosen[longest] / suggested[longest]
        chosen["checkpoint_samples"] = round(share * suggested["checkpoint_samples"])
    return chosen
