"""Inputs of classifiers of showers, as in the CaloChallenge (its appendix A)."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, Samples
from physgan.domains.showers.observables import ShowerSums, energy_name, incident_energy
from simulators.protocol import Condition

__all__ = ["shower_views"]


def shower_views(
    sums: ShowerSums, schema: Sequence[Condition], samples: Samples, conditions: Conditions
) -> dict[str, np.ndarray]:
    """Cells over the incident energy, cells over their layer's energy, and high-level features.

    Args:
        sums: over the cells.
        schema: descriptions of the conditions.
        samples: with "deposits".
        conditions: one number per sample.

    Returns:
        "low-level", "normalised" and "high-level": float32 (n, k), the conditions first.
    """
    count = len(samples["deposits"])
    energy = np.broadcast_to(incident_energy(energy_name(schema), conditions), count)
    flat = samples["deposits"].reshape(count, -1)
    layer = sums.by_rows(samples, sums.layer_energies)
    labels = np.stack([_label(c, conditions[c.name], count) for c in schema], -1)
    columns = [labels, np.log10(layer + 1e-8), np.log10(layer.sum(1, keepdims=True) + 1e-8)]
    columns.append(sums.by_rows(samples, sums.sparsity))
    cells = sums.geometry
    for position in (cells.eta, cells.phi, cells.radius):
        for measure in (sums.centre, sums.width):
            columns.append(
                sums.by_rows(samples, partial(measure, position=position)) / cells.length
            )
    share = flat / (layer[:, cells.layer].astype(np.float32) + 1e-8)
    return {
        "low-level": np.concatenate([labels, flat / energy[:, None]], 1).astype(np.float32),
        "normalised": np.concatenate([labels, share, columns[1]], 1).astype(np.float32),
        "high-level": np.concatenate(columns, 1).astype(np.float32),
    }


def _label(condition: Condition, values: object, count: int) -> np.ndarray:
    column = np.broadcast_to(np.asarray(values, np.float64), count)
    return np.log10(column) if condition.kind == "energy" else column
