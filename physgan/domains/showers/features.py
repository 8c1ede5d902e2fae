"""Observables of a shower, as further inputs of the discriminator (JAX)."""

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.entry_counts import smooth_entry_counts
from physgan.domains.showers.geometry import CellGeometry

__all__ = ["cell_levels", "feature_names", "physical_features"]

_UNIT_MEV = 1e-3
_LOWEST_MEV, _BIN, _BINS = 1e-2, 0.15, 48
_SMALLEST_SPREAD = 1e-3
_SMALLEST_SHARE = 1e-5
_ONE_QUARTER = 0.25
_TINY = 1e-12


def physical_features(geometry: CellGeometry, showers: jax.Array) -> jax.Array:
    """Observables of each shower, differentiable with respect to its deposits.

    For each layer: the logarithm of its share of the total, centres and widths in eta, phi and r,
    and a smooth share of occupied cells. Besides, the logarithm of the total, and the spectrum of
    the cells' energies: square roots of the numbers of cells near 48 energies, from 10 keV in steps
    of .15 in ln E. A cell between two of them counts partly for each.

    Args:
        geometry: of the cells.
        showers: on the geometry's grid, shape (n, layers, rows, columns).

    Returns:
        shape (n, 8 layers + 49).
    """
    layers, rows, columns = geometry.grid
    deposits = showers.reshape(-1, layers, rows * columns)
    energy = deposits.sum(-1)
    positions = np.zeros((3, layers * rows * columns), np.float32)
    positions[:, geometry.place] = [geometry.eta, geometry.phi, geometry.radius]
    positions = positions.reshape(3, layers, -1) / geometry.length
    total = energy.sum(-1, keepdims=True) + _TINY
    some = energy + _SMALLEST_SHARE * total
    centre = jnp.einsum("nlc,plc->pnl", deposits, positions) / some
    square = jnp.einsum("nlc,plc->pnl", deposits, positions**2) / some
    width = jnp.sqrt(jnp.maximum(square - centre**2, 0) + _SMALLEST_SPREAD**2)
    scale = _SMALLEST_SHARE * total[..., None]
    occupied = (deposits / (deposits + scale)).mean(-1)
    spectrum = smooth_entry_counts(deposits, _LOWEST_MEV, _BIN, _BINS)
    return jnp.concatenate(
        [
            jnp.log(some / total),
            *centre,
            *width,
            occupied,
            jnp.log(total),
            jnp.sqrt(spectrum + _ONE_QUARTER),
        ],
        -1,
    )


def feature_names(layers: int) -> tuple[str, ...]:
    """Names of the columns of `physical_features`."""
    centres, widths = (
        [f"{name} in {axis}" for axis in ("eta", "phi", "r")] for name in ("centre", "width")
    )
    columns = ("log share of energy", *centres, *widths, "occupied share")
    each = [f"{name}, layer {layer}" for name in columns for layer in range(layers)]
    energies = _LOWEST_MEV * np.exp(_BIN * np.arange(_BINS))
    return (*each, "log total energy", *(f"cells near {energy:.3g} MeV" for energy in energies))


def cell_levels(showers: jax.Array) -> jax.Array:
    """ln(1 + E / 1 keV) of every cell, shape (n, cells); the energies are in MeV."""
    return jnp.log1p(showers.reshape(len(showers), -1) / _UNIT_MEV)
