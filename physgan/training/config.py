"""The settings of a training run: one flat table."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from physgan.errors import InputError
from physgan.losses import LOSSES, PENALTIES

__all__ = ["TrainingConfig"]


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; defaults suit a small lattice on a laptop.

    Training has two stages. First the generator alone, by maximum likelihood, where it has a
    likelihood; then generator and discriminator against each other. Amounts are in samples. The
    methods vae and flow-matching have the first stage alone, with an objective of their own, by
    default as long as the two of a GAN together.

    Args:
        network: the generator, a key of `physgan.networks.GENERATORS`; "" for the domain's own.
        discriminator: a key of `physgan.networks.DISCRIMINATORS`; "" for one by the shape of
            the samples.
        conditional: whether the networks are told the conditions; without, the surrogate has
            none and draws the mixture that the dataset is.
        augment: whether each sample that training sees, real or generated, is turned by a
            random exact symmetry; a surrogate turns what it draws in any case.
        batch_size: samples a step.
        generator_width: channels of the generator's convolutions.
        generator_depth: its residual convolutions a network.
        discriminator_width: channels of the discriminator's convolutions.
        discriminator_blocks: its residual blocks.
        embedding: width of the condition embeddings.
        latents: of the method vae.
        ode_steps: steps of Heun's method by which flow-matching draws, two evaluations each.
        likelihood_samples: length of the first stage; 0 skips it.
        likelihood_rate: its learning rate at the start, falling along a cosine to 1 %.
        adversarial_samples: length of the second stage; 0 skips it.
        loss: the game that is played there, a key of `physgan.losses.LOSSES`.
        penalty: on the discriminator's slope, one of `physgan.losses.PENALTIES`.
        spectral_norm: whether each of its layers is divided by its largest singular value.
        discriminator_steps: its steps to each of the generator's, every one on a fresh batch.
        generator_rate: learning rate of the generator.
        discriminator_rate: the same for the discriminator.
        rate_fall: factor by which both fall along a cosine; 1 keeps them.
        beta1: Adam's, of both.
        beta2: Adam's at the end, of both.
        first_beta2: the same at the start.
        head_start: samples on which the discriminator learns before the generator moves.
        gamma: weight of the penalty at the start.
        gamma_fall: factor by which it falls; 1 keeps it.
        ema_samples: half-life of the averaged generator.
        checkpoint_samples: samples between checkpoints, at each of which the averaged generator
            is judged on the validation split.
        validation_samples: samples used for that.
        start_from: a trained surrogate whose generator to begin with, "" for none.
    """

    network: str = ""
    discriminator: str = ""
    conditional: bool = True
    augment: bool = True
    batch_size: int = 256
    generator_width: int = 16
    generator_depth: int = 1
    discriminator_width: int = 16
    discriminator_blocks: int = 2
    embedding: int = 64
    latents: int = 32
    ode_steps: int = 20
    likelihood_samples: int = 256_000
    likelihood_rate: float = 6e-3
    adversarial_samples: int = 51_200
    loss: str = "relativistic"
    penalty: str = "r1-r2"
    spectral_norm: bool = False
    discriminator_steps: int = 1
    generator_rate: float = 5e-5
    discriminator_rate: float = 5e-4
    rate_fall: float = 4.0
    beta1: float = 0.0
    beta2: float = 0.99
    first_beta2: float = 0.9
    head_start: int = 12_800
    gamma: float = 0.1
    gamma_fall: float = 10.0
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


_CHOICES: dict[str, tuple[Any, ...]] = {"loss": tuple(LOSSES), "penalty": PENALTIES}
_BELOW_ONE = ("beta1", "beta2", "first_beta2")
_FROM_ONE = ("latents", "ode_steps", "rate_fall", "gamma_fall", "discriminator_steps")


def _checked(name: str, value: Any, wanted: type) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise InputError(f"expected {name} of type {wanted.__name__}; got {value!r}")
    if isinstance(value, int | float):
        _check_number(name, value)
    elif value not in _CHOICES.get(name, (value,)):
        raise InputError(f"expected {name} among {', '.join(_CHOICES[name])}; got {value!r}")
    return value


def _check_number(name: str, value: float) -> None:
    if not 0 <= value < float("inf"):
        raise InputError(f"expected {name} to be 0 or more; got {value!r}")
    if name in _BELOW_ONE and value >= 1:
        raise InputError(f"expected {name} below 1; got {value!r}")
    if name in _FROM_ONE and value < 1:
        raise InputError(f"expected {name} to be 1 or more; got {value!r}")
