"""The classical baseline: a Gaussian field with a fitted spectrum, thresholded to +1 and -1.

A lattice at temperature T is drawn in three steps. The magnetisation m is drawn from its measured
distribution P(m|T). A Gaussian random field is drawn whose thresholded version has the measured
structure factor S(k|T). The (1 + m)/2 of the sites with the highest field are +1. First and second
moments are then those of the training set; higher moments are not modelled.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.base import Described
from physgan.domains.fitted_arrays import read_arrays, write_arrays
from physgan.domains.spins import clipped_field
from physgan.domains.spins.clipped_field import ClippedState
from physgan.errors import InputError
from simulators.protocol import Conditions, Progress, Samples

__all__ = ["ClippedGaussian"]

_CHUNK_SITES = 1 << 21


class ClippedGaussian:
    """A classical model of lattices, as a baseline for surrogates.

    Clipped Gaussian fields as models of two-phase structures: N. F. Berk, Phys. Rev. A 44, 5069
    (1991).

    Args:
        state: from `clipped_field.fit`.
        heat_bath: whether to end with an exact heat bath on one sublattice.

    Good values: 1,000 lattices or more at each of 8 or more temperatures, or 20,000 at
        temperatures drawn continuously.
    Breaks when: the distribution of the energy matters. Its mean is right; its standard deviation
        near T_c is twice the simulation's.

    Example:
        >>> baseline = ClippedGaussian.fit(info, samples, conditions)  # doctest: +SKIP
        >>> baseline.sample({"temperature": 2.5}, count=100, seed=1)  # doctest: +SKIP
    """

    name: str = "clipped-gaussian"
    summary: ClassVar[str] = "Gaussian field of the measured spectrum, cut to spins; no network"

    def __init__(self, state: ClippedState, *, heat_bath: bool = True) -> None:
        self.state = state
        self.heat_bath = heat_bath
        self.size = state.spectra.shape[1]
        if heat_bath and self.size % 2:
            raise InputError(f"expected an even lattice size; got {self.size}; use heat_bath=False")

    @classmethod
    def fit(
        cls,
        source: Described,
        samples: Mapping[str, np.ndarray],
        conditions: Mapping[str, np.ndarray],
        *,
        seed: int = 0,
        heat_bath: bool = True,
    ) -> "ClippedGaussian":
        """Fit to lattices; see `clipped_field.fit`.

        Args:
            source: not used.
            samples: "spins", shape (n, L, L).
            conditions: "temperature", shape (n,), J/k_B.
            seed: of the fit's random fields.
            heat_bath: see the class.
        """
        state = clipped_field.fit(samples["spins"], conditions["temperature"], seed)
        return cls(state, heat_bath=heat_bath)

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        progress: Progress | None = None,
    ) -> Samples:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`.

        Args:
            conditions: {"temperature": a number or shape (count,)}, J/k_B.
            count: number of lattices.
            seed: the run.
            first_event: number of the first event within the run.
            extrapolate: whether temperatures outside the fitted range are allowed; they use the
                fit at the nearest end.
            progress: called with (done, count) now and then.

        Returns:
            {"spins": int8 (count, L, L)}.

        Raises:
            InputError: for a missing, wrong or outlying temperature.
        """
        temperatures = self._temperatures(conditions, count, extrapolate)
        spins = np.empty((count, self.size, self.size), np.int8)
        step = max(1, min(count, _CHUNK_SITES // self.size**2))
        for start in range(0, count, step):
            stop = min(start + step, count)
            chunk = np.resize(temperatures[start:stop], step)  # one shape, compiled once
            keys = clipped_field.event_keys(seed, first_event + start, step)
            lattices = _sample(self.state, keys, jnp.asarray(chunk), heat_bath=self.heat_bath)
            spins[start:stop] = np.asarray(lattices)[: stop - start]
            if progress is not None:
                progress(stop, count)
        return {"spins": spins}

    def save(self, path: str | Path) -> None:
        """Write the fitted state to an npz file, without pickle."""
        write_arrays(path, {k: np.asarray(v) for k, v in self.state._asdict().items()})

    @classmethod
    def load(
        cls, path: str | Path, source: Described | None = None, *, heat_bath: bool = True
    ) -> "ClippedGaussian":
        """Read a file written by `save`; `source` is not used.

        Raises:
            InputError: if the file is not one.
        """
        arrays = read_arrays(path, ClippedState._fields)
        if not _consistent(arrays):
            raise InputError(f"expected a file of ClippedGaussian.save; got {path}; fit it again")
        state = ClippedState(**{k: jnp.asarray(v, jnp.float32) for k, v in arrays.items()})
        return cls(state, heat_bath=heat_bath)

    def _temperatures(self, conditions: Conditions, count: int, extrapolate: bool) -> np.ndarray:
        if count < 0:
            raise InputError(f"expected a count of 0 or more; got {count}")
        if set(conditions) != {"temperature"}:
            raise InputError(f"expected the condition temperature alone; got {sorted(conditions)}")
        values = np.asarray(conditions["temperature"], np.float32)
        if values.shape not in ((), (count,)):
            raise InputError(f"expected 1 or {count} temperatures; got shape {values.shape}")
        low, high = np.asarray(self.state.limits)
        outside = values[~((values >= low) & (values <= high))]
        if outside.size and not (extrapolate and np.all(outside > 0)):
            raise InputError(
                f"expected temperature in [{low:g}, {high:g}] J/k_B (fitted range of {self.name});"
                f" got {outside[0]:g}; pass extrapolate=True to sample anyway"
            )
        return np.broadcast_to(values, (count,))


@partial(jax.jit, static_argnames="heat_bath")
def _sample(
    state: ClippedState, keys: jax.Array, temperatures: jax.Array, *, heat_bath: bool
) -> jax.Array:
    spins, _ = clipped_field.draw(state, keys, temperatures)
    if not heat_bath:
        return spins
    last = jax.vmap(partial(jax.random.fold_in, data=1))(keys)
    return clipped_field.heat_bath(spins, last, temperatures)


def _consistent(arrays: dict[str, np.ndarray]) -> bool:
    """Whether arrays from a file have the shapes and values of a `ClippedState`."""
    if set(arrays) != set(ClippedState._fields):
        return False
    nodes = arrays["temperatures"].shape
    spectra, quantiles = arrays["spectra"].shape, arrays["quantiles"].shape
    return (
        len(nodes) == 1
        and nodes[0] > 0
        and len(quantiles) == 2
        and len(spectra) == 3
        and quantiles[:1] == spectra[:1] == nodes
        and spectra[2] == spectra[1] // 2 + 1
        and arrays["limits"].shape == (2,)
        and all(a.dtype == np.float32 and np.isfinite(a).all() for a in arrays.values())
    )
