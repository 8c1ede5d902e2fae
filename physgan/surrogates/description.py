"""Description of a surrogate: kind of sample, trained range, network, provenance.

It is stored as surrogate.json, format version 2. Version 1, which does not record the stage of the
kept weights, can be read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains import domain_of
from physgan.errors import InputError
from physgan.surrogates.plausible import check_description

__all__ = ["FORMAT_VERSION", "LIKELIHOOD", "Description", "TrainingStage"]

FORMAT = "physgan-surrogate"
FORMAT_VERSION = 3

LIKELIHOOD = "likelihood"
"""Name of the stage, and of the method, without a discriminator."""


@dataclass(frozen=True)
class TrainingStage:
    """A stage of the training run.

    Args:
        name: "likelihood", "adversarial", "evidence", "velocity".
        samples: samples seen in this stage.
    """

    name: str
    samples: int


@dataclass(frozen=True)
class Description:
    """All of a surrogate except its weights.

    Args:
        method: the requested method, a key of `physgan.methods.METHODS`.
        domain: kind of sample.
        size: length of the samples' axes in training, 0 if the axes differ.
        conditions: with the trained range as minimum and maximum.
        fields: what `Surrogate.sample` returns.
        grid: coordinates or bin edges of their axes.
        simulator: name of the emulated simulator.
        simulator_version: version of the simulator.
        parameters: fixed parameters of the simulator.
        network: settings of the generator, see `Domain.build_generator`; empty for a baseline.
        training: settings of the training run.
        stages: of the training run, in their order; none for a baseline.
        kept_stage: the stage whose weights were kept; "" for a baseline, or if a file of version 1
            does not record it.
        kept_samples: samples seen by those weights, over all stages.
        recipe: name of the dataset's recipe, "" if it had none.
        seen: condition name -> the values and [low, high] ranges of the training samples, if the
            dataset records them.
        seed: of the training run.
        versions: of the packages that trained it.
        weights_sha256: of the weights' file.
        format_version: of the file that it was read from.
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
    stages: tuple[TrainingStage, ...] = ()
    kept_stage: str = ""
    kept_samples: int = 0
    recipe: str = ""
    seen: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    weights_sha256: str = ""
    format_version: int = FORMAT_VERSION

    @property
    def name(self) -> str:
        """The method of the kept weights: "likelihood" if no discriminator trained them."""
        return LIKELIHOOD if self.kept_stage == LIKELIHOOD else self.method

    @property
    def provenance(self) -> str:
        """The stages and the kept weights, as text for tables."""
        stages = ", then ".join(f"{s.name} ({s.samples:,} samples)" for s in self.stages)
        if not self.stages:
            return "fitted"
        kept = "not recorded"
        if self.kept_stage:
            kept = f"{self.kept_stage} after {self.kept_samples:,}"
        return f"{stages}; kept: {kept}"

    @classmethod
    def of(cls, info: DatasetInfo, method: str, size: int, **more: Any) -> "Description":
        """Describe a surrogate trained on a dataset.

        Args:
            info: the dataset's.
            method: see the class.
            size: length of the samples' axes.
            more: network, training, stages, kept_stage, kept_samples, seen and seed.
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
        content = asdict(self)
        del content["format_version"]
        head = {"format": FORMAT, "format_version": FORMAT_VERSION}
        return json.dumps({**head, **content}, indent=1)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "Description":
        """The description in the table of a JSON file; reads older versions, too.

        Raises:
            InputError: if it is not such a description, or states numbers that none can have.
        """
        content = dict(table)
        try:
            file_format, file_version = content.pop("format"), content["format_version"]
            if file_format != FORMAT or file_version not in range(1, FORMAT_VERSION + 1):
                raise InputError(
                    f"expected a surrogate of format version 1 to {FORMAT_VERSION}; got "
                    f"{file_format!r} {file_version!r}"
                )
            content["conditions"] = tuple(Condition(**item) for item in content["conditions"])
            content["fields"] = tuple(
                Field(**{**item, "axes": tuple(item["axes"])}) for item in content["fields"]
            )
            content["grid"] = tuple(
                Axis(**{**item, "values": tuple(item["values"])})
                for item in content.get("grid", ())
            )
            content["stages"] = tuple(TrainingStage(**item) for item in content.get("stages", ()))
            description = cls(**content)
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(f"expected the description of a surrogate; got {error!r}") from None
        check_description(description)
        return description if file_version > 1 else _from_version_1(description)


_VERSION_1_STAGES = {"vae": "evidence", "flow-matching": "velocity"}


def _from_version_1(about: Description) -> Description:
    """Stages from the settings; the kept stage is known only if there was one stage."""
    lengths = {
        _VERSION_1_STAGES.get(about.method, LIKELIHOOD): about.training.get(
            "likelihood_samples", 0
        ),
        "adversarial": about.training.get("adversarial_samples", 0),
    }
    stages = tuple(TrainingStage(name, samples) for name, samples in lengths.items() if samples)
    network = dict(about.network)
    if "values" in network:
        network["preprocessing"] = {k: v for k, v in network.pop("values").items() if k != "kind"}
    kept = stages[0] if len(stages) == 1 else TrainingStage("", 0)
    return replace(
        about, network=network, stages=stages, kept_stage=kept.name, kept_samples=kept.samples
    )
