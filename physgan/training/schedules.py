"""Schedules in samples seen: cosine, then constant."""

import jax
import jax.numpy as jnp

__all__ = ["cosine", "ema_decay"]


def cosine(start: float, end: float, samples: jax.Array | float, total: float) -> jax.Array:
    """From `start` at 0 samples to `end` at `total` along half a cosine, then `end`."""
    progress = jnp.clip(jnp.asarray(samples, jnp.float32) / max(total, 1), 0, 1)
    return end + (start - end) * (1 + jnp.cos(jnp.pi * progress)) / 2


def ema_decay(batch_size: int, half_life: float, samples: jax.Array) -> jax.Array:
    """Decay per step of an exponential moving average whose half-life ramps up from 0.

    Args:
        batch_size: samples per step.
        half_life: final half-life, samples.
        samples: samples seen; the half-life is at most a twentieth of them (Karras et al. 2024,
            arXiv:2312.02696, discuss the trade-off).
    """
    length = jnp.minimum(half_life, samples / 20)
    return jnp.where(length > 0, 0.5 ** (batch_size / jnp.maximum(length, 1e-9)), 0.0)
