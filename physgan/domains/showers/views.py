"""Inputs of classifiers of showers: those of the CaloChallenge, and cells in absolute energy."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, Samples
from physgan.domains.entry_counts import entry_counts
from physgan.domains.labels import label_column
from physgan.domains.showers.observables import ShowerSums, energy_name, incident_energy
from simulators.protocol import Condition

__all__ = ["PHYSICAL_VIEW", "cell_energies", "shower_views"]

PHYSICAL_VIEW = "cells, MeV"
_UNIT_MEV = 1e-3
_LOWEST_MEV, _WIDTH, _BINS = 1e-2, 0.15, 93
_INNER = _LOWEST_MEV * np.exp(_WIDTH * np.arange(_BINS + 1))
_EDGES = np.concatenate([[np.finfo(np.float64).tiny], _INNER, [np.inf]])


def shower_views(
    sums: ShowerSums, schema: Sequence[Condition], samples: Samples, conditions: Conditions
) -> dict[str, np.ndarray]:
    """Cells and features, relative to other energies and in MeV.

    "low-level": cells over the incident energy. "normalised": cells over their layer's energy.
    "high-level": the CaloChallenge's features (arXiv:2410.21611, appendix A). "cells, MeV":
    ln(1 + E / 1 keV) of every cell, so that empty cells lie far below a threshold of 10 keV or
    more. "cell spectrum": how many cells lie in each of 93 bins of .15 in ln E from 10 keV, below
    and above, and how many are lit. Structure at fixed energies, such as the peak of
    minimum-ionising tracks, shows in the last two alone.

    Args:
        sums: over the cells.
        schema: descriptions of the conditions.
        samples: with "deposits".
        conditions: one number per sample.

    Returns:
        Name -> float32 (n, k), computed in float64, the conditions first.
    """
    count = len(samples["deposits"])
    energy = np.broadcast_to(incident_energy(energy_name(schema), conditions), count)
    flat = samples["deposits"].reshape(count, -1).astype(np.float64)
    layer = sums.by_rows(samples, sums.layer_energies)
    labels = np.concatenate(
        [label_column(conditions[c.name], count, logarithmic=c.kind == "energy") for c in schema],
        1,
    )
    features = [np.log10(layer + 1e-8), np.log10(layer.sum(1, keepdims=True) + 1e-8)]
    features.append(sums.by_rows(samples, sums.sparsity))
    cells = sums.geometry
    for position in (cells.eta, cells.phi, cells.radius):
        for measure in (sums.centre, sums.width):
            features.append(
                sums.by_rows(samples, partial(measure, position=position)) / cells.length
            )
    every = np.zeros(flat.shape[1], int), 1
    (spectrum,) = entry_counts(flat, _EDGES, [every])
    columns = {
        "low-level": [flat / energy[:, None]],
        "normalised": [flat / (layer[:, cells.layer] + 1e-8), features[0]],
        "high-level": features,
        PHYSICAL_VIEW: [np.log1p(flat / _UNIT_MEV)],
        "cell spectrum": [spectrum[:, 0], np.count_nonzero(flat, 1)[:, None]],
    }
    return {
        name: np.concatenate([labels, *parts], 1).astype(np.float32)
        for name, parts in columns.items()
    }


def cell_energies(columns: np.ndarray) -> np.ndarray:
    """Energies in MeV, float64, of columns of "cells, MeV"; to seven digits of that view."""
    return np.asarray(_UNIT_MEV * np.expm1(columns.astype(np.float64)))
