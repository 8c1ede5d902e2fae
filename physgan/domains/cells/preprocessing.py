"""Cells as real variables for autoencoders and flows."""

from collections.abc import Sequence

import jax

from physgan.domains.cells.rounding import dequantised_by, rounded
from physgan.domains.showers.preprocessing import LogDeposits

__all__ = ["LogCells"]


class LogCells(LogDeposits):
    """`LogDeposits`, which dequantises whole numbers first; see `CellCascade`.

    Args:
        shape: of a sample in network space.
        threshold: smallest value that is not zero; of whole numbers, less 1/2.
        whole: whether values are whole numbers.
        nodes: see `Preprocessing`.
        conditions: see `Preprocessing`.
    """

    def __init__(
        self,
        shape: Sequence[int],
        *,
        threshold: float,
        whole: bool = False,
        nodes: int = 0,
        conditions: int = 1,
    ) -> None:
        super().__init__(shape, threshold=threshold, nodes=nodes, conditions=conditions)
        self.whole = whole

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """Logarithms of lit cells, uniform random numbers of empty ones."""
        if self.whole:
            own, key = jax.random.split(key)
            samples = dequantised_by(samples, jax.random.uniform(own, samples.shape))
        return super().raw(samples, key)

    def restored(self, raw: jax.Array) -> jax.Array:
        """Values: exact zeros, or at least the smallest."""
        values = super().restored(raw)
        return rounded(values) if self.whole else values
