"""Attribution of a discriminator's scores: the difference, real against fake, input by input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["Attribution", "attribute", "integrated_gradients"]

_STEPS = 16
_CHUNK = 256

Score = Callable[[Any, jax.Array], jax.Array]
"""(inputs, a pytree of arrays (n, ...); conditions (n, c)) -> scores (n,)."""


@dataclass(frozen=True)
class Attribution:
    """Averages over pairs of a real and a fake sample at equal conditions; pytrees as the inputs.

    Args:
        mean: contribution of each input to score(real) - score(fake); the sum is `gap`.
        error: standard errors of `mean`.
        real_slope: mean of |d score / d input| at real samples.
        fake_slope: mean of |d score / d input| at fake samples.
        totals: sums over `mean`, one per array, with standard errors.
        gap: mean of score(real) - score(fake), with its standard error.
        missed: gap minus the sum over `mean`, as a share of the gap (numerical error).
        pairs: number of pairs.
    """

    mean: Any
    error: Any
    real_slope: Any
    fake_slope: Any
    totals: list[tuple[float, float]]
    gap: tuple[float, float]
    missed: float
    pairs: int


def integrated_gradients(
    score: Callable[[Any], jax.Array], start: Any, end: Any, steps: int = _STEPS
) -> Any:
    """Contributions of each input to score(end) - score(start).

    (end - start) times the mean gradient on the straight line between them: M. Sundararajan et
    al., arXiv:1703.01365, eq. 1, by the midpoint rule. The contributions sum to the difference of
    the scores. For a linear score they are its weights times the input difference.

    Args:
        score: inputs -> scores (n,), each a function of one sample.
        start: pytree of arrays (n, ...).
        end: pytree of the same structure.
        steps: of the midpoint rule.
    """
    difference = jax.tree.map(jnp.subtract, end, start)
    gradient = jax.grad(lambda inputs: score(inputs).sum())

    def add(total: Any, share: jax.Array) -> tuple[Any, None]:
        inputs = jax.tree.map(lambda a, d: a + share * d, start, difference)
        return jax.tree.map(jnp.add, total, gradient(inputs)), None

    shares = (jnp.arange(steps, dtype=jnp.float32) + 0.5) / steps
    total, _ = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, start), shares)
    return jax.tree.map(lambda d, t: d * t / steps, difference, total)


def attribute(score: Score, real: Any, fake: Any, conditions: jax.Array) -> Attribution:
    """Attribution of the score's gap between real and fake samples.

    Args:
        score: see `Score`.
        real: pytree of arrays (n, ...), the discriminator's inputs for real samples.
        fake: the discriminator's inputs for fake samples.
        conditions: of both, shape (n, c).
    """

    @jax.jit
    def contributions(one: Any, other: Any, c: jax.Array) -> tuple[Any, ...]:
        def scores(inputs: Any) -> jax.Array:
            return score(inputs, c)

        gradients = [
            jax.tree.map(jnp.abs, jax.grad(lambda x: scores(x).sum())(x)) for x in (one, other)
        ]
        return integrated_gradients(scores, other, one), *gradients, scores(one) - scores(other)

    count = len(conditions)
    parts = []
    for first in range(0, count, _CHUNK):
        rows = slice(first, first + _CHUNK)
        sides = [jax.tree.map(lambda leaf, r=rows: leaf[r], side) for side in (real, fake)]
        parts.append(jax.device_get(contributions(*sides, conditions[rows])))
    every, real_slope, fake_slope, gaps = (
        jax.tree.map(lambda *leaves: np.concatenate(leaves).astype(np.float64), *column)
        for column in zip(*parts, strict=True)
    )
    mean = jax.tree.map(lambda leaf: leaf.mean(0), every)
    totals = [_mean(leaf.reshape(count, -1).sum(1)) for leaf in jax.tree.leaves(every)]
    gap = _mean(gaps)
    return Attribution(
        mean,
        jax.tree.map(lambda leaf: leaf.std(0) / np.sqrt(count), every),
        jax.tree.map(lambda leaf: leaf.mean(0), real_slope),
        jax.tree.map(lambda leaf: leaf.mean(0), fake_slope),
        totals,
        gap,
        1 - sum(total for total, _ in totals) / gap[0] if gap[0] else 0.0,
        count,
    )


def _mean(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / np.sqrt(len(values)))
