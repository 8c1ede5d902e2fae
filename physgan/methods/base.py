"""Base classes of the methods: settings, and the training of a surrogate on a dataset."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from physgan.data import Dataset
from physgan.errors import InputError
from physgan.methods.few_events import chosen_settings
from physgan.methods.settings import Settings
from physgan.training import Run, StagedMethod, train_network
from simulators.protocol import Progress

__all__ = ["Method", "NetworkMethod"]


class Method(ABC):
    """A way to make a surrogate.

    Attributes:
        name: key in `METHODS`.
        summary: one line for listings.
        settings: its own settings, a dataclass whose docstring explains them.
    """

    name: str
    summary: str
    settings: type[Settings]

    def defaults(self, suited: Mapping[str, Any]) -> dict[str, Any]:
        """Defaults of this method for a dataset, in place of the dataclass's.

        Args:
            suited: settings of any method, from the domain, the network's preset and the recipe.
        """
        names = self.settings.names()
        return {name: value for name, value in suited.items() if name in names}

    def suited_to(
        self, suited: Mapping[str, Any], given: Mapping[str, Any], events: int
    ) -> dict[str, Any]:
        """Settings for a number of training events; here as they are.

        Args:
            suited: settings of any method, from the domain.
            given: settings that override them, from the network's preset, the recipe and the user.
            events: in the training split.
        """
        return dict(suited)

    def settings_of(self, suited: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
        """The settings of a run; the user's `config` overrides `suited`.

        Raises:
            InputError: for a name that is not a setting of this method.
        """
        return self.settings.from_table({**self.defaults(suited), **config})

    @abstractmethod
    def train(
        self,
        dataset: Dataset,
        run_dir: Path,
        settings: Any,
        *,
        seed: int,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Train and save a surrogate; the same call continues a run that was stopped.

        Returns:
            A summary, JSON values; "surrogate" is the folder for `physgan.load`.
        """


class NetworkMethod(Method, StagedMethod):
    """A method that trains a network in stages.

    A subclass says how its networks are built, and the stages: see `StagedMethod`.
    """

    def suited_to(
        self, suited: Mapping[str, Any], given: Mapping[str, Any], events: int
    ) -> dict[str, Any]:
        """With few events stages are shorter; see `chosen_settings`."""
        suggested = {**self.settings().to_table(), **self.defaults(suited)}
        return {**suited, **chosen_settings(suggested, given, events)}

    def open_run(self, dataset: Dataset, run_dir: Path, settings: Any, *, seed: int) -> Run:
        """A run in a folder, new or to be continued."""
        run = Run(dataset, run_dir, self, settings, seed)
        if not run.total:
            raise InputError(
                f"expected a stage with samples for the method {self.name}; got none; "
                "raise the samples of one"
            )
        return run

    def train(
        self,
        dataset: Dataset,
        run_dir: Path,
        settings: Any,
        *,
        seed: int,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Train stage by stage and save the best averaged generator."""
        run = self.open_run(dataset, run_dir, settings, seed=seed)
        return train_network(run, progress=progress)
