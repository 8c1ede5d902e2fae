"""Description of a dataset: HDF5 format version 1 (docs/format.md)."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from simulators.protocol import Axis, Condition, Field

__all__ = ["FORMAT", "FORMAT_VERSION", "SPLITS", "Axis", "Condition", "DatasetInfo", "Field"]

FORMAT = "physgan"
FORMAT_VERSION = 1
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class DatasetInfo:
    """Origin of a dataset and description of its arrays.

    Args:
        domain: kind of sample, a key of `physgan.domains.DOMAINS`.
        fields: the arrays under /samples.
        conditions: the inputs under /conditions; `minimum` and `maximum` are the range of this
            dataset.
        grid: coordinates or bin edges of the fields' axes.
        simulator: name of the simulator, "" for imported samples.
        simulator_version: its version.
        parameters: the simulator's fixed parameters, JSON values.
        seed: seed of the run, None for imported samples.
        source: "simulation" or "surrogate".
    """

    domain: str
    fields: tuple[Field, ...]
    conditions: tuple[Condition, ...] = ()
    grid: tuple[Axis, ...] = ()
    simulator: str = ""
    simulator_version: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    source: str = "simulation"


def fingerprint(definition: dict[str, Any]) -> str:
    """SHA-256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(canonical_json(definition).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
