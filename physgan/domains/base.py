"""The base class of domains: observables, symmetries, networks and pictures of a kind of sample.

`Domain` is the only interface of the rest of physgan to the physics: no code outside
`physgan.domains` is specific to one kind of sample.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import jax.numpy as jnp
import numpy as np

from physgan.domains.importer import Importer
from physgan.networks import (
    GENERATORS,
    Generator,
    Preprocessing,
    Rejection,
    Standardisation,
    build_discriminator,
    build_generator,
)
from simulators.protocol import Axis, Condition, Field, Progress

__all__ = [
    "Baseline",
    "Conditions",
    "Described",
    "Domain",
    "EnsembleObservable",
    "Observable",
    "Samples",
    "Spectrum",
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
            a lattice): geometry -> that number. Histograms then use bins with equally many
            levels.
        axis: for a vector, (name, unit) of its index, such as ("layer", "1").
        along: for a vector, coordinate of each entry in the axis' unit, ascending; None for the
            indices 0, 1, ...
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
class Spectrum:
    """The distribution of single entries of the samples (cells, pixels), pooled over all samples.

    Args:
        name: key in tables and JSON.
        symbol: of an entry, for axes, in matplotlib's mathtext.
        unit: of an entry, "1" if it has none.
        long_name: words for tables.
        values: columns of `Domain.physical_view` without the conditions, (n, k) -> entries in
            `unit`, float64 (n, k).
        edges: entries of the real samples, shape (m,) -> ascending edges of the bins; entries
            outside do not count. None: bins of one width by the real samples, open at both ends.
        logarithmic: whether axes of entries are.
        parts: names of groups of entries that have a histogram each; () for one of all.
        part: group of each column, shape (k,); None if all are in one.
    """

    name: str
    symbol: str
    unit: str
    long_name: str
    values: Callable[[np.ndarray], np.ndarray] = np.asarray
    edges: Callable[[np.ndarray], np.ndarray] | None = None
    logarithmic: bool = False
    parts: tuple[str, ...] = ()
    part: np.ndarray | None = None


@dataclass(frozen=True)
class EnsembleObservable:
    """A physical quantity of many samples at one condition.

    Args:
        name: key in tables and JSON.
        symbol: for axes, in matplotlib's mathtext.
        unit: "1" if it has none.
        long_name: words for tables.
        definition: the formula, in ASCII or mathtext.
        compute: (per-sample observables by name, condition) -> a number or shape (k,).
            `condition` holds the entries of `Domain.geometry` too.
        needs: names of the per-sample observables that `compute` reads.
        exact: condition (with geometry and the simulator's parameters) -> the exact value,
            or None if it is not known.
        bulk: the exact value of the infinite system, drawn as a guide to the eye.
        axis: for a vector, (name, unit) of its index, such as ("r", "sites").
        along: for a vector, coordinate of each entry; see `Observable`.
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
    along: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Target:
    """A threshold that a surrogate has to reach at every benchmarked condition.

    Args:
        label: words for the report.
        observable: name of an `Observable` (overlaps), an `EnsembleObservable` or a `Spectrum`;
            "" for "auc".
        measure: "overlap" (histogram overlap over that of truth against truth, at least
            `limit`), "relative" (deviation over the reference's value, at most `limit`),
            "absolute" (deviation, at most `limit`) or "baseline" (histogram overlap above that
            of every baseline by `limit`; tested only where the best baseline is two standard
            errors or more below truth against truth), "separation" (separation power of a
            spectrum over that of truth against truth, brought to 6,000 samples a side, at most
            `limit`) or "auc" (the largest AUC over all views and classifiers, at all conditions
            together, at most `limit`).
        limit: see `measure`.
    """

    label: str
    observable: str
    measure: str
    limit: float


class Described(Protocol):
    """A source with a described layout of samples: a simulator, a surrogate or a dataset's info."""

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
        """The conditions of the samples."""
        ...

    @property
    def grid(self) -> tuple[Axis, ...]:
        """Coordinates or bin edges of the arrays' axes."""
        ...

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the simulator, JSON values."""
        ...


class Baseline(Protocol):
    """A classical model of a domain's samples, fitted in seconds or minutes without a network.

    Attributes:
        name: the method's name.
        summary: one line for listings.
        state: a NamedTuple of fitted arrays.
        size: length of the samples' axes, 0 if the axes differ.
    """

    name: str
    summary: ClassVar[str]
    state: Any
    size: int

    @classmethod
    def fit(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        *,
        seed: int = 0,
    ) -> Self:
        """Fit to samples (n, *axes) at conditions (n,); `source` describes them.

        Raises:
            InputError: for samples or conditions that the model does not support.
        """
        ...

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`."""
        ...

    def save(self, path: str | Path) -> None:
        """Write the state to an .npz file, without pickle."""
        ...

    @classmethod
    def load(cls, path: str | Path, source: Described) -> Self:
        """Read a file written by `save`.

        Raises:
            InputError: if the file is not one.
        """
        ...


class Domain(ABC):
    """A kind of sample. A subclass defines its field and its observables; the rest has defaults.

    Arrays "in network space" are the outputs of a generator and the inputs of a discriminator:
    JAX arrays (n, ...) in methods that are differentiated, NumPy arrays elsewhere.

    Args:
        source: has fields, conditions, grid and parameters: a dataset's info, a simulator or a
            surrogate.

    Attributes:
        name: key in `physgan.domains.DOMAINS`.
        summary: one line for listings.
        field: name of the samples' field that is learnt.
        conditions: names of the conditions, the first columns of every view.
        observables: quantities of one sample.
        physical_view: name of the view that has the field's entries in physical units, a column
            each after the conditions: equal entries look equal at all conditions.
        spectra: distributions of single entries; by default one of a continuous field's.
        ensemble: quantities of many samples at one condition.
        histograms: names of the observables whose histogram overlap is quoted.
        features: names of the observables that are inputs of classifiers.
        targets: profile name -> targets of a surrogate; at least "quickstart".
        picture_note: caption of pictures of samples.
        picture_unit: unit of their colours, if pictures beside each other share a scale; their
            axes then have labels, too.
        periodic: whether opposite edges of a sample touch.
        unit_scale: whether samples in network space are of order one around 0, as generic networks
            need.
        many_kernels: whether programs of its generator consist of hundreds of small kernels, whose
            compilation takes much memory.
        needs_conditions: whether samples cannot be interpreted without their conditions.
        generators: network name -> class, of the domain's own generators.
        baselines: method name -> class, of its classical baselines.
        importer: requirements on a user's own arrays, and their conversion to samples.
        preprocessing: class of the map between samples and the real variables of order one that
            variational autoencoders and flows model.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    field: ClassVar[str]
    unit_scale: ClassVar[bool] = True
    many_kernels: ClassVar[bool] = False
    needs_conditions: ClassVar[bool] = False
    physical_view: ClassVar[str] = "low-level"
    generators: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    baselines: ClassVar[Mapping[str, type[Baseline]]] = {}
    importer: ClassVar[Importer | None] = None
    preprocessing: ClassVar[type[Preprocessing]] = Standardisation

    periodic: bool = False
    picture_note: str = ""
    picture_unit: str = ""
    conditions: tuple[str, ...]
    spectra: tuple[Spectrum, ...] = ()
    ensemble: tuple[EnsembleObservable, ...] = ()
    targets: Mapping[str, tuple[Target, ...]] = {"quickstart": ()}

    def __init__(self, source: Described) -> None:
        self.conditions = tuple(condition.name for condition in source.conditions)
        self.spectra = tuple(
            Spectrum(f.name, "$x$", f.unit, f"single values of {f.name}")
            for f in source.fields
            if f.name == self.field and np.issubdtype(np.dtype(f.dtype), np.floating)
        )

    @property
    @abstractmethod
    def observables(self) -> tuple[Observable, ...]:
        """Quantities of one sample."""

    @property
    def histograms(self) -> tuple[str, ...]:
        """Names of the observables whose histogram overlap is quoted: the scalar ones."""
        return tuple(o.name for o in self.observables if o.axis is None)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the observables that are inputs of classifiers: all."""
        return tuple(o.name for o in self.observables)

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Numbers that follow from the arrays' shapes, such as {"size": 16}; by default none."""
        return {}

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """Inputs of classifiers of vectors, of order one: name -> float32 (n, k).

        "low-level" is the sample itself and "high-level" its `features`; a domain may add others.
        The conditions are the first columns of each.
        """
        count = len(samples[self.field])
        labels = [np.broadcast_to(np.asarray(conditions[name]), count) for name in self.conditions]
        measured = [
            o.compute(samples, conditions) for o in self.observables if o.name in self.features
        ]
        return {
            name: np.concatenate(
                [column.reshape(count, -1) for column in (*labels, *columns)], 1
            ).astype(np.float32)
            for name, columns in (("low-level", [samples[self.field]]), ("high-level", measured))
        }

    def points(self, samples: Samples) -> np.ndarray | None:
        """Samples as points with a meaningful Euclidean distance, float32 (n, k).

        None if there is no such distance, as when two equivalent samples may share no value.
        """
        return None

    def images(self, samples: Samples) -> np.ndarray:
        """Samples as float32 arrays (n, height, width, channels), of order one.

        Fields of two axes have one channel; those of one axis are one pixel of many channels.
        """
        array = np.asarray(samples[self.field], np.float32)
        if array.ndim == 2:
            return array[:, None, None, :]
        return array[..., None] if array.ndim == 3 else array

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Apply random exact symmetries to `images`, one draw per sample; by default none."""
        return images

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw sample `index` on matplotlib `axes`: a curve, or a map of its first channel."""
        sample = np.asarray(samples[self.field][index])
        if sample.ndim == 1:
            axes.plot(sample, lw=1)
            return
        axes.imshow(sample.reshape(*sample.shape[:2], -1)[..., 0])
        axes.set_xticks([])
        axes.set_yticks([])

    def figure(self, samples: Samples, conditions: Conditions, index: int) -> Any | None:
        """A matplotlib figure with more detail of sample `index` than `picture`, or None."""
        return None

    def encode(self, samples: Samples) -> np.ndarray:
        """Physical samples to network space, shape (n, ...), in a compact type."""
        return np.asarray(samples[self.field], np.float32)

    def decode(self, array: Any) -> dict[str, Any]:
        """Inverse of `encode`, of NumPy arrays or JAX arrays."""
        return {self.field: array.astype(np.float32)}

    def transform(self, keys: Any, array: Any) -> Any:
        """One random exact symmetry for each sample, differentiable; by default none."""
        return array

    def symmetry_choices(self, shape: Sequence[int]) -> tuple[int, ...]:
        """How many values each of the numbers has that choose a symmetry; by default none.

        Args:
            shape: of a sample in network space.
        """
        return ()

    def symmetry(self, choices: Any, array: Any) -> Any:
        """The exact symmetry of each sample that these numbers choose, from 0, shape (n, k)."""
        return array

    def discriminator_input(self, array: Any) -> Any:
        """The discriminator's input from the samples: images (n, h, w, c) or vectors (n, k)."""
        return array

    def physical_features(self, array: Any) -> Any:
        """Further inputs of the discriminator, shape (n, f), differentiable.

        By default mean and logarithm of the standard deviation of a sample's entries.
        """
        flat = array.reshape(len(array), -1)
        spread = jnp.sqrt(flat.var(1) + _TINY)
        return jnp.stack([flat.mean(1), jnp.log(spread)], -1)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features, for samples of this shape in network space."""
        return ("mean", "log standard deviation")

    def validation_features(self, array: Any) -> Any:
        """Features that validation compares, of order one, (n, f); None for `physical_features`."""
        return None

    def training(self) -> dict[str, Any]:
        """Settings of `physgan train` for this domain, in place of the methods' defaults."""
        return {}

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """The default generator for samples in network space: "network" and its own arguments.

        Args:
            array: training samples, shape (n, ...).
            conditions: shape (n, c).
        """
        return {"network": "dense"}

    def build_generator(
        self, settings: Mapping[str, Any], parameters: Mapping[str, Any], seed: int = 0
    ) -> Generator:
        """A fresh generator of such samples, generic or the domain's own.

        Args:
            settings: of the network, JSON values; see `physgan.networks.build_generator`.
            parameters: the simulator's.
            seed: of the initial parameters.

        Raises:
            InputError: for parameters that the domain's generator does not support.
        """
        if settings["network"] == "rejection":
            return self._with_rejection(settings, parameters, seed)
        parts: dict[str, Any] = dict(self.exact_parts(parameters))
        settings = dict(settings)
        if "preprocessing" in settings:
            arguments = settings.pop("preprocessing")
            parts["preprocessing"] = self.preprocessing(settings.pop("shape"), **arguments)
        generators = {**GENERATORS, **self.generators}
        return build_generator(settings, parts, seed, generators=generators)

    def _with_rejection(
        self, settings: Mapping[str, Any], parameters: Mapping[str, Any], seed: int
    ) -> Generator:
        """A generator with a discriminator that rejects some of its draws."""

        def inputs(samples: Any) -> tuple[Any, Any]:
            return self.discriminator_input(samples), self.physical_features(samples)

        discriminator = build_discriminator(**settings["discriminator"], seed=seed + 1)
        base = self.build_generator(settings["base"], parameters, seed)
        return Rejection(base, discriminator, inputs, **settings["scale"])

    def preprocessing_settings(self, array: np.ndarray) -> dict[str, Any]:
        """Arguments of `preprocessing` for these training samples in network space (n, ...)."""
        return {}

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments of the generator that are no settings, such as exact layers, by name.

        Raises:
            InputError: for parameters that the domain's generator does not support.
        """
        return {}

    def log_density(self, parameters: Mapping[str, Any]) -> Callable[[Any, Any], Any] | None:
        """The exact density of the samples of the default generator, if it is known.

        Args:
            parameters: the simulator's.

        Returns:
            (samples in network space (n, ...), conditions (n, c)) -> ln p up to a constant at
            each condition, shape (n,). It is the density of the same part of a sample as the
            generator's `negative_log_likelihood`. None if the density is not known.
        """
        return None


_TINY = 1e-12
