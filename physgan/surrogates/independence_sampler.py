"""Independence Metropolis sampling with a generator of known density as the proposal.

Tierney 1994, Ann. Statist. 22, 1701; with generative networks: Albergo et al. 2019,
arXiv:1904.12072. The chain goes from x to a new draw x' of the generator with probability
min(1, w(x') / w(x)), where w is the target density over the generator's. It converges to the target
distribution if the generator's density is positive wherever the target's is.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["Chain", "independence_sampler"]

Draw = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""(parameters, keys (n,), conditions (n, c)) -> samples (n, ...)."""

LogWeight = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""(parameters, samples (n, ...), conditions (n, c)) -> ln w up to a constant, shape (n,)."""

Chain = Callable[[Any, jax.Array, jax.Array, int], jax.Array]
"""(parameters, keys (n,), conditions (n, c), proposals) -> samples (n, ...)."""

_ACCEPTANCE = 0x7A  # differs from the numbers that the draws fold into their keys


def independence_sampler(draw: Draw, log_weight: LogWeight) -> Chain:
    """Independent chains, one per event, advanced together.

    Args:
        draw: the generator.
        log_weight: ln of the target density over the generator's.

    Returns:
        A function that returns the last states of the chains. `proposals` includes the first draw,
        so 1 is the generator itself.
    """
    draw, log_weight = jax.jit(draw), jax.jit(log_weight)

    def chain(parameters: Any, keys: jax.Array, conditions: jax.Array, proposals: int) -> jax.Array:
        samples = draw(parameters, keys, conditions)
        if proposals == 1:
            return samples
        weight = log_weight(parameters, samples, conditions)
        for number in range(1, proposals):
            fresh_keys = _next(keys, number)
            fresh = draw(parameters, fresh_keys, conditions)
            fresh_weight = log_weight(parameters, fresh, conditions)
            samples, weight = _choose(fresh_keys, samples, weight, fresh, fresh_weight)
        return samples

    return chain


@jax.jit
def _next(keys: jax.Array, number: int) -> jax.Array:
    return jax.vmap(lambda key: jax.random.fold_in(key, number))(keys)


@jax.jit
def _choose(
    keys: jax.Array,
    samples: jax.Array,
    weight: jax.Array,
    fresh: jax.Array,
    fresh_weight: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The next states of the chains and their weights, by Metropolis acceptance."""
    uniform = jax.vmap(lambda key: jax.random.uniform(jax.random.fold_in(key, _ACCEPTANCE)))(keys)
    accepted = jnp.log(uniform) < fresh_weight - weight
    shape = (-1, *(1,) * (fresh.ndim - 1))
    states = jnp.where(accepted.reshape(shape), fresh, samples)
    return states, jnp.where(accepted, fresh_weight, weight)
