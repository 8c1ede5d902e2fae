"""What a kind of sample knows about itself: its observables, symmetries and pictures.

A `Domain` is all that `physgan.fidelity` and `physgan.benchmark` see of the physics: nothing
in them knows what a spin is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from simulators.protocol import Axis, Condition, Field

__all__ = [
    "Conditions",
    "Described",
    "Domain",
    "EnsembleObservable",
    "LearnableDomain",
    "Observable",
    "Samples",
    "Target",
]

Samples = Mapping[str, np.ndarray]
"""Field name -> array of shape (count, *axes)."""

Conditions = Mapping[str, Any]
"""Condition name -> number (or one number per sample). May also hold the simulator's fixed
parameters, such as an external field, and what `Domain.geometry` returns."""


@dataclass(frozen=True)
class Observable:
    """A physical quantity of one sample.

    Args:
        name: key in tables and JSON.
        symbol: for axes, in matplotlib's mathtext, such as "$u$".
        unit: "1" if it has none.
        long_name: words for tables.
        compute: (samples, conditions) -> float64, shape (n,) or (n, k).
        spacing: for a quantity that takes only multiples of a number (the energy levels of
            a lattice): geometry -> that number. Histograms then use bins that hold equally
            many levels.
        axis: for a vector, (name, unit) of its index, such as ("layer", "1").
        along: for a vector, coordinate of each entry in the axis' unit, ascending; None: their
            numbers, 0, 1, ...
    """

    name: str
    symbol: str
    unit: str
    long_name: str
    compute: Callable[[Samples, Conditions], np.ndarray]
    spacing: Callable[[Mapping[str, float]], float] | None = None
    axis: tuple[str, str] | None = None
    along: tuple[float, ...] | None = None


@dataclass(frozen=True)
class EnsembleObservable:
    """A physical quantity of many samples at one condition.

    Args:
        name: key in tables and JSON.
        symbol: for axes, in matplotlib's mathtext.
        unit: "1" if it has none.
        long_name: words for tables.
        definition: the formula, in plain text or mathtext.
        compute: (per-sample observables by name, condition) -> a number or shape (k,).
            `condition` holds the entries of `Domain.geometry` too.
        needs: names of the per-sample observables that `compute` reads.
        exact: condition (with geometry and the simulator's parameters) -> the exact value,
            or None where none is known.
        bulk: the same for the infinite system, drawn as a guide to the eye.
        axis: for a vector, (name, unit) of its index, such as ("r", "sites").
    """

    name: str
    symbol: str
    unit: str
    long_name: str
    definition: str
    compute: Callable[[Mapping[str, np.ndarray], Conditions], float | np.ndarray]
    needs: tuple[str, ...]
    exact: Callable[[Conditions], float | np.ndarray | None] | None = None
    bulk: Callable[[Conditions], float | np.ndarray | None] | None = None
    axis: tuple[str, str] | None = None


@dataclass(frozen=True)
class Target:
    """A figure that a surrogate has to reach at every benchmarked condition.

    Args:
        label: words for the report.
        observable: name of an `Observable` (overlaps) or an `EnsembleObservable`.
        measure: "overlap" (share of truth-against-truth's own, at least `limit`),
            "relative" (deviation over the reference's value, at most `limit`), "absolute"
            (deviation, at most `limit`) or "baseline" (histogram overlap above that of
            every baseline, judged where the best of them is two standard errors or more
            short of truth-against-truth's own; `limit` is the margin).
        limit: see `measure`.
    """

    label: str
    observable: str
    measure: str
    limit: float


class Described(Protocol):
    """What says how its samples are laid out: a simulator, a surrogate or a dataset's info."""

    @property
    def domain(self) -> str:
        """Kind of sample, a key of `physgan.domains.DOMAINS`."""
        ...

    @property
    def fields(self) -> tuple[Field, ...]:
        """The arrays of a sample."""
        ...

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What they depend on."""
        ...

    @property
    def grid(self) -> tuple[Axis, ...]:
        """Coordinates or bin edges of the arrays' axes."""
        ...

    @property
    def parameters(self) -> dict[str, Any]:
        """Of the simulator, JSON values."""
        ...


class Domain(Protocol):
    """A kind of sample.

    Attributes:
        name: key in `DOMAINS`.
        observables: quantities of one sample.
        ensemble: quantities of many samples.
        histograms: names of the observables whose histogram overlap is quoted.
        features: names of the observables that the boosted-tree classifier sees.
        periodic: whether opposite edges of a sample touch.
        targets: profile name -> what a surrogate has to reach.
        conditions: names of the conditions among the views' columns.
    """

    name: str
    observables: tuple[Observable, ...]
    ensemble: tuple[EnsembleObservable, ...]
    histograms: tuple[str, ...]
    features: tuple[str, ...]
    periodic: bool
    targets: Mapping[str, tuple[Target, ...]]
    conditions: tuple[str, ...]

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Numbers that follow from the arrays' shapes, such as {"size": 16}."""
        ...

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """What classifiers of vectors see, of order one: name -> float32 (n, k).

        "low-level" is the sample itself, "high-level" its observables; others may come between.
        The conditions are the first columns of each.
        """
        ...

    def points(self, samples: Samples) -> np.ndarray | None:
        """Samples as points whose Euclidean distances mean something, float32 (n, k).

        None where there is no such distance: two samples can look alike and share no value.
        """
        ...

    def images(self, samples: Samples) -> np.ndarray:
        """Samples as float32 arrays (n, height, width, channels), of order one."""
        ...

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Apply random exact symmetries of the physics to `images`, one draw a sample."""
        ...

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw sample `index` on matplotlib `axes`."""
        ...


class LearnableDomain(Domain, Protocol):
    """A domain that a generator can be trained on; arrays are JAX arrays in network space.

    Attributes:
        field: name of the samples' field that is learnt.
        unit_scale: whether samples in network space are of order one around 0, as networks draw
            that know nothing of the domain.
        needs_conditions: whether samples mean nothing without their conditions.
    """

    field: str
    unit_scale: bool
    needs_conditions: bool

    def encode(self, samples: Samples) -> np.ndarray:
        """Physical samples to network space, shape (n, ...), in a compact type."""
        ...

    def decode(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Inverse of `encode`."""
        ...

    def transform(self, keys: Any, array: Any) -> Any:
        """One random exact symmetry for each sample, differentiable."""
        ...

    def discriminator_input(self, array: Any) -> Any:
        """What the discriminator sees of the samples: images (n, h, w, c) or vectors (n, k)."""
        ...

    def physical_features(self, array: Any) -> Any:
        """What the discriminator sees besides the sample, shape (n, f), differentiable."""
        ...

    def validation_features(self, array: Any) -> Any:
        """What validation compares, of order one, shape (n, f); None: the physical features."""
        ...

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features, for samples of this shape in network space."""
        ...

    def training(self) -> dict[str, Any]:
        """Settings of `physgan train` that suit such samples, over its defaults."""
        ...

    def generator(self, array: np.ndarray, first_condition: np.ndarray) -> dict[str, Any]:
        """The default generator for samples in network space: "network" and its own arguments.

        Args:
            array: training samples, shape (n, ...).
            first_condition: shape (n,).
        """
        ...

    def values(self, array: np.ndarray) -> dict[str, Any]:
        """How samples become real numbers of order one: arguments of `networks.Values`.

        Args:
            array: training samples in network space, shape (n, ...).
        """
        ...

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
        """The generator's exact layers by argument name, given the simulator's parameters.

        Raises:
            InputError: for parameters that the domain's generator cannot serve.
        """
        ...

    def log_density(self, parameters: Mapping[str, Any]) -> Callable[[Any, Any], Any] | None:
        """The physics' own density of what the default generator draws, where it is known.

        Args:
            parameters: the simulator's.

        Returns:
            (samples in network space (n, ...), conditions (n, c)) -> ln p up to a constant at
            each condition, shape (n,), of the part of a sample whose density the generator's
            `negative_log_likelihood` is; None where there is no such formula.
        """
        ...
