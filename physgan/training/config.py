"""The settings of a training run: one flat table."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from physgan.errors import InputError

__all__ = ["TrainingConfig"]


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; defaults suit a small lattice on a laptop.

    Training has two stages. First the generator alone, by maximum likelihood, where it has a
    likelihood; then generator and discriminator against each other. Amounts are in samples.

    Args:
        batch_size: samples a step.
        generator_width: channels of the generator's convolutions.
        generator_depth: its residual convolutions a network.
        discriminator_width: channels of the discriminator's convolutions.
        discriminator_blocks: its residual blocks.
        embedding: width of the condition embeddings.
        likelihood_samples: length of the first stage; 0 skips it.
        likelihood_rate: its learning rate at the start, falling along a cosine to 1 %.
        adversarial_samples: length of the second stage; 0 skips it.
        generator_rate: learning rate of the generator, falling along a cosine to a quarter.
        discriminator_rate: the same for the discriminator.
        head_start: samples on which the discriminator learns before the generator moves.
        gamma: weight of the gradient penalties at the start, falling to a tenth.
        ema_samples: half-life of the averaged generator.
        checkpoint_samples: samples between checkpoints, at each of which the averaged generator
            is judged on the validation split.
        validation_samples: samples used for that.
        start_from: a trained surrogate whose generator to begin with, "" for none.
    """

    batch_size: int = 256
    generator_width: int = 16
    generator_depth: int = 1
    discriminator_width: int = 16
    discriminator_blocks: int = 2
    embedding: int = 64
    likelihood_samples: int = 256_000
    likelihood_rate: float = 6e-3
    adversarial_samples: int = 51_200
    generator_rate: float = 5e-5
    discriminator_rate: float = 5e-4
    head_start: int = 12_800
    gamma: float = 0.1
    ema_samples: float = 10_000.0
    checkpoint_samples: int = 25_600
    validation_samples: int = 16_384
    start_from: str = ""

    @classmethod
    def from_table(cls, table: Mapping[str, Any] | None) -> "TrainingConfig":
        """Defaults overridden by `table`; refuses unknown names and wrong types."""
        known = {field.name: field for field in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in (table or {}).items():
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise InputError(f"expected a training setting; got {name!r}{hint}")
            values[name] = _checked(name, value, type(known[name].default))
        return cls(**values)

    def to_table(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return asdict(self)


def _checked(name: str, value: Any, wanted: type) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise InputError(f"expected {name} of type {wanted.__name__}; got {value!r}")
    if isinstance(value, int | float) and not 0 <= value < float("inf"):
        raise InputError(f"expected {name} to be 0 or more; got {value!r}")
    return value
