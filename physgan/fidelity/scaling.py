"""Features brought to one scale, by what the real samples span."""

import numpy as np

__all__ = ["scaled"]


def scaled(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each column over its largest absolute value among the real samples (CaloChallenge).

    Args:
        real: shape (n, d).
        fake: shape (m, d).

    Returns:
        Both as float64; columns that are 0 in all real samples are left as they are.
    """
    largest = np.abs(real).max(0).astype(np.float64)
    largest[largest == 0] = 1.0
    return real / largest, fake / largest
