"""When a stage of training ends before its length: its validation loss has certainly risen.

Such a stage goes back to its best generator and on to the end of its schedule, where the learning
rate is small. So it has the benefit of the falling rate, too.
"""

import numpy as np

__all__ = ["CERTAIN", "CHECKPOINTS", "rise", "skipped_samples"]

CERTAIN = 4.0
"""Standard errors from which a rise is certain: a chance of 3e-5 for normal differences."""

CHECKPOINTS = 3
"""Checkpoints in a row at which the loss has to have risen."""

_LAST_PART = 0.1


def rise(losses: np.ndarray, best: np.ndarray) -> float:
    """Rise of the mean loss above that of the best generator, in standard errors.

    The differences are taken event by event, because the losses of events differ more among
    each other than those of two generators do.

    Args:
        losses: of the same validation events, shape (n,).
        best: those of the best generator, shape (n,).
    """
    difference = losses - best
    error = difference.std() / np.sqrt(len(difference))
    return float(difference.mean() / max(error, 1e-30))


def skipped_samples(position: int, length: int, batch_size: int) -> int:
    """How far a stage jumps ahead: to its last tenth or, from there, to its end.

    Along a cosine the rate of the last tenth is 3 % of the first and less.

    Args:
        position: samples since the stage began, on its schedule.
        length: of the stage, a multiple of the batch size.
        batch_size: samples per step.
    """
    last = length - round(_LAST_PART * length / batch_size) * batch_size
    return (last if position < last else length) - position
