"""A ring of Gaussians: the simplest distribution with many modes, known exactly.

The usual test of whether a generative model keeps all modes (Metz et al. 2017, arXiv:1611.02163).
"""

import time
from typing import Any

import numpy as np

from simulators._inputs import condition_arrays, whole_number
from simulators.protocol import Axis, Condition, Conditions, Field, Progress, Samples

__all__ = ["GaussianRing"]


class GaussianRing:
    """Points in a plane: normal around one of several centres on a circle, all equally likely.

    p(x) = 1/n sum over k of N(x; R (cos 2 pi k / n, sin 2 pi k / n), sigma^2), without conditions.

    Points are independent. Every mode gets count/n of them on average, with binomial
    fluctuations; the distance to its centre over sigma follows a Rayleigh distribution.

    Args:
        modes: number of centres, n; default 25.
        radius: of the circle, R, without unit; default 1.
        sigma: standard deviation of each coordinate around a centre, in the unit of the radius;
            default 0.02.

    Raises:
        ValueError: for modes below 1 or above 65,536, or a radius or sigma that is not positive
            and finite.

    Good values: the defaults, where neighbouring modes are 12.5 sigma apart.
    Breaks when: 2 R sin(pi / n) is below 6 sigma: modes merge and cannot be counted.

    Example:
        >>> ring = GaussianRing()
        >>> points = ring.sample({}, 1000, seed=0)["points"]
        >>> mode, distance = ring.nearest(points)
        >>> len(set(mode.tolist())), bool((distance < 3).mean() > 0.95)
        (25, True)
    """

    name = "gaussian-ring"
    version = "1"
    domain = "points"
    conditions: tuple[Condition, ...] = ()
    fields = (Field("points", "1", ("coordinate",), "position", "float32"),)
    grid = (Axis("coordinate", "1", (0.0, 1.0)),)
    block_size = 4096
    independence = "one point"

    def __init__(self, modes: int = 25, radius: float = 1.0, sigma: float = 0.02) -> None:
        self.modes = whole_number("modes", modes, 1, 65_536)
        for name, value in (("radius", radius), ("sigma", sigma)):
            if not 0 < value < float("inf"):
                raise ValueError(f"expected {name} to be positive; got {value!r}")
        self.radius, self.sigma = float(radius), float(sigma)
        self.parameters: dict[str, Any] = {
            "modes": self.modes,
            "radius": self.radius,
            "sigma": self.sigma,
        }

    @property
    def centres(self) -> np.ndarray:
        """Centres of the modes, shape (modes, 2)."""
        angles = 2 * np.pi * np.arange(self.modes) / self.modes
        return self.radius * np.stack([np.cos(angles), np.sin(angles)], -1)

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """Draw points `first_event` to `first_event + count - 1` of the run `seed`.

        Args:
            conditions: none, {}.
            count: number of points.
            seed: the run.
            first_event: number of the first point, a multiple of `block_size`.
            progress: called with (done, count).

        Returns:
            {"points": float32 (count, 2)}

        Raises:
            ValueError: for conditions, of which there are none, or a number that is no count.
        """
        count, seed = whole_number("count", count), whole_number("seed", seed)
        if whole_number("first_event", first_event) % self.block_size:
            raise ValueError(
                f"expected first_event to be a multiple of {self.block_size}; got {first_event}"
            )
        condition_arrays(conditions, self.conditions, count)
        blocks = range(first_event // self.block_size, -(-(first_event + count) // self.block_size))
        parts = [self._block(seed, block) for block in blocks] or [np.empty((0, 2))]
        if progress is not None:
            progress(count, count)
        return {"points": np.concatenate(parts)[:count].astype(np.float32)}

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mode that each point is nearest to, and how far away it is.

        Args:
            points: shape (n, 2).

        Returns:
            (number of the mode (n,), distance in units of sigma (n,)); of true points, a share
            1 - exp(-9/2) = 98.9 % lies within 3.
        """
        offsets = np.asarray(points, np.float64)[:, None] - self.centres
        distances = np.linalg.norm(offsets, axis=-1)
        return distances.argmin(1), distances.min(1) / self.sigma

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Measure, here and now, the cost of one point; all are independent."""
        start = time.perf_counter()
        self.sample(conditions, self.block_size, 0)
        return (time.perf_counter() - start) / self.block_size

    def _block(self, seed: int, block: int) -> np.ndarray:
        rng = np.random.default_rng([seed, block])
        chosen = rng.integers(self.modes, size=self.block_size)
        return self.centres[chosen] + self.sigma * rng.standard_normal((self.block_size, 2))
