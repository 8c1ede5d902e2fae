"""Whether a dataset can be one of its domain: units, signs and sizes of numbers."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from physgan.data import verify as verify_files
from physgan.data.schema import DatasetInfo
from physgan.domains.base import Described, Samples
from physgan.domains.importer import LARGEST
from physgan.domains.registry import domain_of, domain_type
from physgan.errors import InputError
from simulators.protocol import Progress

__all__ = ["check_samples", "verify"]


def check_samples(
    source: Described, samples: Samples, conditions: Mapping[str, np.ndarray], first: int = 0
) -> None:
    """Refuse values that no sample of the domain has, and energies that are not positive.

    Args:
        source: describes the samples, such as a dataset's info.
        samples: field name -> shape (n, *axes).
        conditions: name -> shape (n,).
        first: number of the first row, for messages.

    Raises:
        InputError: naming the first such row.
    """
    domain = domain_type(source.domain)
    if domain.importer is not None:
        domain.importer.check_values(samples[domain.field], lambda row: f"row {first + row}")
    for condition in source.conditions:
        values = conditions[condition.name]
        positive = condition.kind == "energy" or condition.scale == "log"
        bad = ~(np.abs(values) <= LARGEST) | ((values <= 0) & positive)
        if bad.any():
            row = int(np.argmax(bad))
            kind = "positive values" if positive else "values"
            raise InputError(
                f"expected {kind} of {condition.name} up to {LARGEST:g}; got {values[row]:g} in "
                f"row {first + row}"
            )


def verify(path: Any, *, progress: Progress | None = None) -> dict[str, Any]:
    """Read all of a dataset: what `physgan.data.verify` checks, units, and samples' values.

    Args:
        path: file or folder.
        progress: called with (samples checked, samples in total).

    Returns:
        {"path", "files", "samples", "bytes", "sha256_checked"}.

    Raises:
        InputError: if `path` does not exist.
        VerificationError: for the first error in the dataset.
    """
    return verify_files(path, check=_check_of, progress=progress)


def _check_of(info: DatasetInfo) -> Callable[[Samples, Mapping[str, np.ndarray], int], None]:
    """The check of a dataset's samples, after that of its description."""
    domain_of(info)
    return lambda samples, conditions, first: check_samples(info, samples, conditions, first)
