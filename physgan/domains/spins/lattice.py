"""Spin lattices as images, and their exact symmetries (NumPy)."""

import numpy as np

__all__ = ["augment", "images"]


def images(spins: np.ndarray) -> np.ndarray:
    """Lattices (n, L, L) as float32 images (n, L, L, 1) of +1 and -1."""
    return np.asarray(spins, np.float32)[..., None]


def augment(pictures: np.ndarray, rng: np.random.Generator, *, flip: bool = True) -> np.ndarray:
    """One random symmetry for each image: rotation, reflection and, if `flip`, global sign.

    Translations are left out: a network with circular padding has them built in.

    Args:
        pictures: shape (n, L, L, channels).
        rng: source of the draws.
        flip: whether the sign of all spins may change (no external field).

    Returns:
        A new array of the same shape.
    """
    result = np.empty_like(pictures)
    draws = rng.integers(0, 8, len(pictures))
    for draw in range(8):
        rows = draws == draw
        rotated = np.rot90(pictures[rows], draw % 4, axes=(1, 2))
        result[rows] = rotated[:, :, ::-1] if draw >= 4 else rotated
    if flip:
        signs = rng.choice(np.array([-1, 1], pictures.dtype), len(pictures))
        result *= signs[:, None, None, None]
    return result
