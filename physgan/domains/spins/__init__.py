"""Spin lattices: +1 and -1 on an L x L torus."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import jax
import numpy as np

from physgan.domains.base import Described, Domain, Samples
from physgan.domains.spins import lattice
from physgan.domains.spins.clipped_gaussian import ClippedGaussian
from physgan.domains.spins.features import feature_names, physical_features
from physgan.domains.spins.generator import SpinHierarchy
from physgan.domains.spins.heat_bath import heat_bath_logits, sublattice_log_weight
from physgan.domains.spins.importer import IMPORTER
from physgan.domains.spins.observables import ENSEMBLE, OBSERVABLES
from physgan.domains.spins.pictures import draw_lattice
from physgan.domains.spins.preprocessing import Signs
from physgan.domains.spins.symmetries import choices, random_symmetry, symmetry
from physgan.domains.spins.targets import TARGETS
from physgan.errors import InputError

__all__ = ["Spins"]


class Spins(Domain):
    """The domain of spin lattices.

    The samples' only field is "spins", int8 (n, L, L); the condition is "temperature", J/k_B.

    Args:
        source: not used.
    """

    name = "spins"
    summary = "spin lattices, +1 and -1 on a torus"
    field = "spins"
    periodic = True
    needs_conditions = True
    generators: ClassVar = {"spin-hierarchy": SpinHierarchy}
    baselines: ClassVar = {"clipped-gaussian": ClippedGaussian}
    importer = IMPORTER
    preprocessing = Signs
    observables = OBSERVABLES
    ensemble = ENSEMBLE
    histograms = ("energy", "magnetisation")
    features = ("energy", "magnetisation", "correlation", "structure_kmin")
    targets = TARGETS

    def __init__(self, source: Described | None = None) -> None:
        self.conditions = ("temperature",)

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Lattice size: {"size": L}."""
        return {"size": samples["spins"].shape[1]}

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Random rotation and reflection of each lattice; see `lattice.augment`."""
        return lattice.augment(images, rng, flip=False)

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw lattice `index`."""
        draw_lattice(axes, samples["spins"][index])

    def encode(self, samples: Samples) -> np.ndarray:
        """The spins, int8 (n, L, L); network space is the physical one."""
        return samples["spins"]

    def decode(self, array: Any) -> dict[str, Any]:
        """Network output (n, L, L), near +1 and -1, to {"spins": int8}."""
        spins = array.__array_namespace__().where(array > 0, 1, -1)
        return {"spins": spins.astype(np.int8)}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """Random translation, rotation, reflection and global flip of each lattice."""
        return random_symmetry(keys, array)

    def symmetry_choices(self, shape: Sequence[int]) -> tuple[int, ...]:
        """See `symmetries.choices`."""
        return choices(shape[0])

    def symmetry(self, choices: jax.Array, array: jax.Array) -> jax.Array:
        """See `symmetries.symmetry`."""
        return symmetry(choices, array)

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Lattices as images, (n, L, L, 1)."""
        return array[..., None]

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Energy, magnetisation and correlations of each lattice; see `physical_features`."""
        return physical_features(array)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(shape[0])

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """The coarse-to-fine generator for lattices of this size."""
        return {"network": "spin-hierarchy", "size": array.shape[1]}

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
        """The heat bath of the finest sublattice, as "head"."""
        if parameters.get("field", 0.0):
            raise InputError(
                "expected lattices without external field, which the generator's flip symmetry "
                f"needs; got field {parameters['field']} J; train on a dataset with field 0"
            )
        return {"head": heat_bath_logits}

    def log_density(self, parameters: Mapping[str, Any]) -> Callable[[Any, Any], Any] | None:
        """Boltzmann weight of the sublattice that the heat bath is conditional on."""
        return None if parameters.get("field", 0.0) else sublattice_log_weight
