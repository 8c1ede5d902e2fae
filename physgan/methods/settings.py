"""Settings of a method: a dataclass of numbers, strings and booleans, made from a flat table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

from physgan.errors import InputError, nearest
from physgan.precision import PRECISIONS

__all__ = ["GeneratorSettings", "NetworkSettings", "Settings"]


@dataclass(frozen=True)
class Settings:
    """No settings; a method's own dataclass adds them.

    All numbers are 0 or more. Further bounds of a field are `below_one` (0 <= value < 1),
    `from_one` (1 <= value) and `choices`.
    """

    below_one: ClassVar[tuple[str, ...]] = ()
    from_one: ClassVar[tuple[str, ...]] = ()
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @classmethod
    def names(cls) -> list[str]:
        """Names of all settings."""
        return [field.name for field in fields(cls)]

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Defaults overridden by `table`.

        Raises:
            InputError: for unknown names, wrong types and values out of bounds.
        """
        settings = {field.name: field for field in fields(cls)}
        for name in table:
            if name not in settings:
                raise InputError(
                    f"expected a training setting; got {name!r}{nearest(name, settings)}"
                )
        values = {
            name: cls._checked(name, value, type(settings[name].default))
            for name, value in table.items()
        }
        return cls(**values)

    def to_table(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return asdict(self)

    @classmethod
    def _checked(cls, name: str, value: Any, wanted: type) -> Any:
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not wanted:
            raise InputError(f"expected {name} of type {wanted.__name__}; got {value!r}")
        if isinstance(value, int | float):
            cls._check_number(name, value)
        elif value not in cls.choices.get(name, (value,)):
            raise InputError(
                f"expected {name} among {', '.join(cls.choices[name])}; got {value!r}"
                f"{nearest(str(value), cls.choices[name])}"
            )
        return value

    @classmethod
    def _check_number(cls, name: str, value: float) -> None:
        if not 0 <= value < float("inf"):
            raise InputError(f"expected {name} to be 0 or more; got {value!r}")
        if name in cls.below_one and value >= 1:
            raise InputError(f"expected {name} below 1; got {value!r}")
        if name in cls.from_one and value < 1:
            raise InputError(f"expected {name} to be 1 or more; got {value!r}")


@dataclass(frozen=True)
class NetworkSettings(Settings):
    """Settings of every method that trains a network. Amounts are in samples.

    Args:
        conditional: whether the conditions are inputs of the networks. If not, the surrogate has
            no conditions and draws from the dataset's mixture of all conditions.
        augment: whether training transforms each sample, real or generated, by a random exact
            symmetry. A trained surrogate transforms its samples in any case.
        batch_size: samples per step.
        generator_width: channels of the generator's convolutions.
        generator_depth: residual layers in each network of the generator.
        embedding: width of the condition embeddings.
        ema_samples: half-life of the averaged generator.
        checkpoint_samples: samples between checkpoints. At each checkpoint the averaged generator
            is evaluated on the validation split.
        validation_samples: samples used for validation.
        start_from: a trained surrogate whose generator is the initial one, "" for none.
        precision: of the factors of matrix products and convolutions in training steps on an
            accelerator, a key of `physgan.precision.PRECISIONS`. On CPUs, in validation and in
            sampling it is float32.
    """

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"precision": tuple(PRECISIONS)}

    conditional: bool = True
    augment: bool = True
    batch_size: int = 256
    generator_width: int = 16
    generator_depth: int = 1
    embedding: int = 64
    ema_samples: float = 10_000.0
    checkpoint_samples: int = 25_600
    validation_samples: int = 16_384
    start_from: str = ""
    precision: str = "float32"


@dataclass(frozen=True)
class GeneratorSettings(NetworkSettings):
    """Settings of a method that trains any generator.

    Args:
        network: the generator: one of the domain's own or of
            `physgan.networks.GENERIC_GENERATORS`; "" for the domain's default.
    """

    network: str = ""
