"""The 4 x 4 torus, whose Boltzmann distribution can be listed, and settings to train on it."""

import numpy as np

TEMPERATURES = tuple(np.linspace(1.8, 3.0, 25).round(2))
SMALL = {
    "batch_size": 64,
    "generator_width": 8,
    "discriminator_width": 4,
    "discriminator_blocks": 1,
    "embedding": 8,
    "likelihood_samples": 2_560,
    "adversarial_samples": 640,
    "head_start": 128,
    "checkpoint_samples": 1_280,
}


def all_lattices() -> np.ndarray:
    bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, 4, 4)


def boltzmann(lattices: np.ndarray, temperature: float) -> np.ndarray:
    """Exact probabilities of all lattices."""
    pairs = lattices * (np.roll(lattices, 1, 1) + np.roll(lattices, 1, 2))
    logs = pairs.sum((1, 2), dtype=float) / temperature
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()
