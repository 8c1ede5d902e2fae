"""The smallest run of every method: all that the contracts know of how one trains and samples.

A new method needs an entry in `RUNS`. Until it has one, its contracts fail and say so.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import COUNT, HELD_OUT, SEED, dataset

from physgan.data import write_dataset
from physgan.methods import METHODS
from physgan.methods import train as train_surrogate
from physgan.surrogates import Surrogate, load

_LENGTHS = {"batch_size": 32, "checkpoint_samples": 64, "validation_samples": HELD_OUT}
_WIDTHS = {"generator_width": 4, "generator_depth": 1, "embedding": 4}
_SINGLE = {**_LENGTHS, **_WIDTHS, "training_samples": 128}
_GAN = {
    **_LENGTHS,
    **_WIDTHS,
    "network": "dense",
    "discriminator": "residual",
    "discriminator_width": 4,
    "discriminator_blocks": 1,
    "penalty": "none",
    "likelihood_samples": 0,
    "adversarial_samples": 64,
    "rejection_samples": 64,
}

RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "gan": ("points", _GAN),
    "likelihood": ("spins", {**_LENGTHS, **_WIDTHS, "likelihood_samples": 128}),
    "vae": ("points", {**_SINGLE, "latents": 4}),
    "flow-matching": ("points", {**_SINGLE, "ode_steps": 2}),
    "clipped-gaussian": ("spins", {}),
    "copula": ("showers", {}),
}
"""Method -> name of a dataset and settings of a run of four batches and two checkpoints."""


def run_of(method: str) -> tuple[str, dict[str, Any]]:
    """Entry of `RUNS`."""
    if method not in RUNS:
        pytest.fail(f"the method {method} has no tiny run; add one to RUNS in {__file__}")
    return RUNS[method]


def unused_settings(method: str) -> dict[str, Any]:
    """Settings of all other methods that this one does not have, with their defaults."""
    others = {n: v for m in METHODS.values() for n, v in m.settings().to_table().items()}
    own = METHODS[method].settings.names()
    return {name: value for name, value in others.items() if name not in own}


def train(
    method: str,
    folder: Path,
    more: Mapping[str, Any] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the tiny run of a method in `folder`, with `more` settings or others."""
    kind, usual = run_of(method)
    path = folder.parent / f"{kind}.h5"
    if not path.exists():
        content = dataset(kind)
        splits = {"train": np.arange(HELD_OUT, COUNT), "validation": np.arange(HELD_OUT)}
        write_dataset(path, content.samples, content.conditions, content.info, splits)
    chosen = {**(usual if settings is None else settings), **(more or {})}
    train_surrogate(path, folder, chosen, seed=SEED, method=method, progress=progress)


class Finished:
    """A run of each method, made when it is first asked for.

    Attributes:
        progress: method -> what its run said of its progress, (done, total) each time.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.progress: dict[str, list[tuple[int, int]]] = {}

    def __call__(self, method: str) -> Path:
        """The run's folder, which is not to be changed."""
        folder = self._root / method
        if method not in self.progress:
            calls: list[tuple[int, int]] = []
            train(method, folder, progress=lambda *at: calls.append(at))
            self.progress[method] = calls
        return folder


def recorded_settings(folder: Path) -> dict[str, Any]:
    """The settings that a run's surrogate says it was trained with."""
    return dict(load(folder).description.training)


def weights(folder: Path) -> dict[str, np.ndarray]:
    """All arrays of a run's surrogate."""
    with np.load(folder / "surrogate" / "weights.npz") as file:
        return dict(file)


def conditions_of(surrogate: Surrogate, count: int) -> dict[str, np.ndarray]:
    """Conditions that cover the trained range, condition name -> shape (count,)."""
    return {c.name: np.linspace(c.minimum, c.maximum, count) for c in surrogate.conditions}
