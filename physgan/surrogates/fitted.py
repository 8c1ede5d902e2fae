"""Sampling from a fitted baseline."""

from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np

from physgan.domains import Baseline, domain_type
from physgan.errors import InputError
from physgan.surrogates.description import Description
from simulators.protocol import Progress, Samples

__all__ = ["FittedSampler"]


class FittedSampler:
    """Draws from a `Baseline`; see `Sampler`.

    Args:
        description: of the surrogate.
        baseline: the fitted baseline.
    """

    scalable = False
    proposes = False

    def __init__(self, description: Description, baseline: Baseline) -> None:
        self.description, self.baseline = description, baseline

    @classmethod
    def load(cls, weights: Path, description: Description) -> "FittedSampler":
        """Read the file of weights of a description.

        Raises:
            InputError: if the domain has no such baseline.
        """
        baselines = domain_type(description.domain).baselines
        if description.method not in baselines:
            raise InputError(
                f"expected a baseline of {description.domain} ({', '.join(baselines) or 'none'}); "
                f"got {description.method!r}"
            )
        return cls(description, baselines[description.method].load(weights, description))

    @property
    def parameter_count(self) -> int:
        """Number of fitted parameters."""
        return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(self.baseline.state))

    def flops_per_sample(self, batch: int = 64) -> None:
        """None: there is no network."""
        return None

    def draw(
        self,
        conditions: Mapping[str, np.ndarray],
        count: int,
        seed: int,
        *,
        first_event: int,
        size: int,
        proposals: int,
        progress: Progress | None,
    ) -> Samples:
        """See `Sampler.draw`."""
        return self.baseline.sample(
            conditions, count, seed, first_event=first_event, extrapolate=True, progress=progress
        )

    def save(self, path: Path) -> None:
        """Write the fitted state."""
        self.baseline.save(path)
