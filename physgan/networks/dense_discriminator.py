"""Discriminators of vectors: residual perceptrons on the sample and on its physical features."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.initial import scaled_normal

__all__ = ["DenseDiscriminator", "waves"]

_LEAK = 0.2
_GAIN = (2 / (1 + _LEAK**2)) ** 0.5
_FIRST_SCORES = 0.03
"""Gain of the last layers: small, because thousands of inputs would make the first scores large."""
_WAVES = 32
_BANDWIDTH = 8.0
_WAVES_SEED = 0


class DenseDiscriminator(nnx.Module):
    """Scores samples, given their conditions; no layer mixes samples, none is normalised.

    Projection conditioning (Miyato and Koyama 2018, arXiv:1802.05637). Both inputs have to be
    standardised.

    With waves, sines and cosines of the sample (random Fourier features) are further inputs. They
    serve vectors with fine structure: a perceptron learns coarse structure first and fine structure
    hardly at all (M. Tancik et al. 2020, arXiv:2006.10739, section 5). The waves are part of the
    network, so a gradient penalty suppresses fine structure until its weight is small enough.

    Args:
        ranges: trained ranges of the conditions.
        cells: length of the samples.
        features: number of physical features.
        width: of the layers, in units of 8.
        blocks: residual layers.
        embedding: width of the condition embedding.
        with_waves: whether waves of the sample are further inputs.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        cells: int,
        features: int,
        *,
        width: int = 24,
        blocks: int = 3,
        embedding: int = 64,
        with_waves: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        def dense(inputs: int, outputs: int, gain: float = _GAIN) -> nnx.Linear:
            return nnx.Linear(inputs, outputs, kernel_init=scaled_normal(gain), rngs=rngs)

        hidden = 8 * width
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.with_waves = with_waves
        self.cells = dense(cells + (2 * _WAVES if with_waves else 0) + embedding, hidden)
        self.features = dense(features + embedding, hidden)
        self.join = dense(2 * hidden, hidden)
        self.blocks = nnx.List(dense(hidden, hidden, _GAIN * blocks**-0.5) for _ in range(blocks))
        self.project = dense(hidden, embedding, _FIRST_SCORES)
        self.score = dense(hidden, 1, _FIRST_SCORES)

    def __call__(
        self,
        cells: jax.Array,
        features: jax.Array,
        conditions: jax.Array,
        key: jax.Array | None = None,
    ) -> jax.Array:
        """Cells (n, k), features (n, f), conditions (n, c) to scores (n,).

        Nothing in it is random: `key` is not used.
        """
        embedded = self.embed(conditions)
        if self.with_waves:
            cells = jnp.concatenate([cells, waves(cells)], -1)
        sample = _activate(self.cells(jnp.concatenate([cells, embedded], -1)))
        physics = _activate(self.features(jnp.concatenate([features, embedded], -1)))
        hidden = _activate(self.join(jnp.concatenate([sample, physics], -1)))
        for block in self.blocks:
            hidden = hidden + _activate(block(hidden))
        projection = (self.project(hidden) * embedded).sum(-1) / embedded.shape[-1] ** 0.5
        return self.score(hidden)[:, 0] + projection


def waves(vectors: jax.Array) -> jax.Array:
    """32 sines and 32 cosines, always of the same wave vectors: (n, k) to (n, 64).

    The components of the wave vectors are normal with standard deviation 8 radians per unit.
    The scalar product of two rows is about 32 exp(-(8 d)^2 / 2), with d the distance of the two
    vectors (A. Rahimi and B. Recht 2007, Random features for large-scale kernel machines,
    section 3).
    """
    normal = np.random.default_rng(_WAVES_SEED).normal(size=(vectors.shape[-1], _WAVES))
    phases = vectors @ jnp.asarray(_BANDWIDTH * normal, vectors.dtype)
    return jnp.concatenate([jnp.sin(phases), jnp.cos(phases)], -1)


def _activate(values: jax.Array) -> jax.Array:
    return jax.nn.leaky_relu(values, _LEAK)
