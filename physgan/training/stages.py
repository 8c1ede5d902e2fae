"""The interface of a method to the training loop: its networks and its stages."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from physgan.data import DatasetInfo
from physgan.domains import Domain
from physgan.training.model import Model
from physgan.training.objective import Objective
from physgan.training.state import Parameters, TrainingState

__all__ = ["USED", "Metrics", "Networks", "Stage", "StagedMethod", "Step", "whole_batches"]

Metrics = dict[str, jax.Array]
"""Name -> number."""

USED = "used"
"""Key of a step's metrics that is no number: which events of the batch it used, shape (n,)."""

Step = Callable[[TrainingState, jax.Array, jax.Array, jax.Array], tuple[TrainingState, Metrics]]
"""(state, run key, samples (n, ...), conditions (n, c)) -> (state, metrics)."""


class Stage(NamedTuple):
    """A part of a training run with its own objective.

    It starts from the generator that the stage before kept.

    Attributes:
        name: "likelihood", "adversarial", "evidence", "velocity".
        samples: length of the stage, a multiple of the batch size.
        steps: the kinds of steps of the stage.
        kind_of_step: number of a step within the stage, from 0 -> index in `steps`.
        trains: names of the networks that it trains, "generator" and perhaps "discriminator". Each
            has its own Adam moments in each stage.
        score: the validation metric by which the best averaged generator is chosen.
        monitored: whether the discriminator is monitored at checkpoints.
        objective: that the stage minimises, None for an adversarial stage.
    """

    name: str
    samples: int
    steps: tuple[Step, ...]
    kind_of_step: Callable[[int], int]
    trains: tuple[str, ...]
    score: str
    monitored: bool = False
    objective: Objective | None = None


class Networks(NamedTuple):
    """Fresh networks.

    Attributes:
        model: functions of their parameters.
        settings: of the generator, JSON values, for `Domain.build_generator`.
        generator: parameters of the generator.
        discriminator: parameters of the discriminator, {} if there is none.
    """

    model: Model
    settings: dict[str, Any]
    generator: Parameters
    discriminator: Parameters


class StagedMethod(ABC):
    """The part of a method that the loop uses.

    Attributes:
        name: key in `physgan.methods.METHODS`.
    """

    name: str

    @abstractmethod
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

        Raises:
            InputError: for networks that cannot serve such samples.
        """

    def finished(
        self,
        model: Model,
        parameters: Parameters,
        seen: tuple[np.ndarray, np.ndarray],
        held_out: tuple[np.ndarray, np.ndarray],
        seed: int,
    ) -> Parameters:
        """The kept generator as it is saved; here as it is.

        Args:
            model: of the run.
            parameters: of the kept generator.
            seen: samples in network space and conditions that it was trained on.
            held_out: samples in network space and conditions that training did not see.
            seed: of random draws.
        """
        return parameters

    @abstractmethod
    def stages(self, model: Model, settings: Any) -> tuple[Stage, ...]:
        """The stages of training, in order; at least one."""


def whole_batches(samples: int, batch_size: int) -> int:
    """`samples` rounded up to whole batches."""
    return -(-samples // batch_size) * batch_size
