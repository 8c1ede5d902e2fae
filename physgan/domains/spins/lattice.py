"""Spin lattices as images, and the exact symmetries that leave the physics alike (NumPy)."""

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
        flip: whether the sign of all spins may be turned (no external field).

    Returns:
        A new array of the same shape.
    """
    result = np.empty_like(pictures)
    draws = rng.integers(0, 8, len(pictures))
    for draw in range(8):
        chosen = draws == draw
        turned = np.rot90(pictures[chosen], draw % 4, axes=(1, 2))
        result[chosen] = turned[:, :, ::-1] if draw >= 4 else turned
    if flip:
        signs = rng.choice(np.array([-1, 1], pictures.dtype), len(pictures))
        result *= signs[:, None, None, None]
    return result
