"""What a method tells the training loop: its networks, and the stages to walk through."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from physgan.data import DatasetInfo
from physgan.domains import Domain
from physgan.training.model import Model
from physgan.training.state import Parameters, TrainingState

__all__ = ["Metrics", "NetworkMethod", "Networks", "Stage", "Step", "whole_batches"]

Metrics = dict[str, jax.Array]
Step = Callable[[TrainingState, jax.Array, jax.Array, jax.Array], tuple[TrainingState, Metrics]]
"""(state, run key, samples (n, ...), conditions (n, c)) -> (state, metrics)."""


class Stage(NamedTuple):
    """A part of a training run with an objective of its own.

    It starts from the averaged generator that the stage before ended with.

    Attributes:
        name: "likelihood", "adversarial", "evidence", "velocity".
        samples: its length, whole batches.
        steps: the kinds of steps that it takes.
        kind_of_step: number of a step within the stage, from 0 -> which of `steps` it is.
        trains: which networks it moves, "generator" and perhaps "discriminator": each has Adam's
            moments of its own in each stage.
        score: the validation metric by which the best averaged generator is chosen.
        monitored: whether the discriminator is looked at, too.
    """

    name: str
    samples: int
    steps: tuple[Step, ...]
    kind_of_step: Callable[[int], int]
    trains: tuple[str, ...]
    score: str
    monitored: bool = False


class Networks(NamedTuple):
    """Fresh networks.

    Attributes:
        model: what takes their parameters.
        settings: of the generator, JSON values, for `Domain.build_generator`.
        generator: its parameters.
        discriminator: its parameters, {} where there is none.
    """

    model: Model
    settings: dict[str, Any]
    generator: Parameters
    discriminator: Parameters


class NetworkMethod(Protocol):
    """What the loop needs to know of a method."""

    @property
    def name(self) -> str:
        """Key in `physgan.methods.METHODS`."""
        ...

    def build(
        self,
        info: DatasetInfo,
        domain: Domain,
        settings: Any,
        samples: np.ndarray,
        conditions: np.ndarray,
        seed: int,
    ) -> Networks:
        """Fresh networks, with scales measured on the training samples in network space.

        Args:
            info: of the dataset.
            domain: of its samples.
            settings: of the method.
            samples: the train split in network space, shape (n, ...).
            conditions: shape (n, c).
            seed: of the initial parameters.
        """
        ...

    def stages(self, model: Model, settings: Any) -> tuple[Stage, ...]:
        """The stages to walk through, at least one."""
        ...


def whole_batches(samples: int, batch_size: int) -> int:
    """`samples` rounded up to whole batches."""
    return -(-samples // batch_size) * batch_size
