"""What a surrogate says about itself: kind of sample, trained range, network, provenance."""

import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains import domain_of

__all__ = ["Description"]

FORMAT = "physgan-surrogate"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Description:
    """What a surrogate says about itself; kept as surrogate.json beside its weights.

    Args:
        method: one of `surrogate.NETWORKS` or of `surrogate.FITTED`.
        domain: kind of sample.
        size: length of the samples' axes in training, 0 where they have no common one.
        conditions: with the trained range as minimum and maximum.
        fields: what `Surrogate.sample` returns.
        grid: coordinates or bin edges of their axes.
        simulator: what was emulated.
        simulator_version: its version.
        parameters: its fixed parameters.
        network: settings of the generator, see `networks.build_generator`.
        training: settings of the training run.
        seed: of the training run.
        versions: of the packages that trained it.
        weights_sha256: of the weights' file.
    """

    method: str
    domain: str
    size: int
    conditions: tuple[Condition, ...]
    fields: tuple[Field, ...]
    grid: tuple[Axis, ...]
    simulator: str
    simulator_version: str
    parameters: dict[str, Any]
    network: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    weights_sha256: str = ""

    @classmethod
    def of(cls, info: DatasetInfo, method: str, size: int, **more: Any) -> "Description":
        """Describe a surrogate trained on a dataset.

        Args:
            info: the dataset's.
            method: see the class.
            size: length of the samples' axes.
            more: network, training and seed.
        """
        return cls(
            method,
            info.domain,
            size,
            info.conditions,
            tuple(f for f in info.fields if f.name == domain_of(info).field),
            info.grid,
            info.simulator,
            info.simulator_version,
            info.parameters,
            versions={name: version(name) for name in ("physgan", "jax", "flax")},
            **more,
        )

    def to_json(self) -> str:
        """JSON with the format's name and version."""
        return json.dumps(
            {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}, indent=1
        )

    @classmethod
    def from_json(cls, text: str) -> "Description":
        """Inverse of `to_json`.

        Raises:
            ValueError, KeyError, TypeError: if `text` is not such a description.
        """
        content = json.loads(text)
        if (content.pop("format"), content.pop("format_version")) != (FORMAT, FORMAT_VERSION):
            raise ValueError("another format or version")
        content["conditions"] = tuple(Condition(**item) for item in content["conditions"])
        content["fields"] = tuple(
            Field(**{**item, "axes": tuple(item["axes"])}) for item in content["fields"]
        )
        content["grid"] = tuple(
            Axis(**{**item, "values": tuple(item["values"])}) for item in content.get("grid", ())
        )
        return cls(**content)
