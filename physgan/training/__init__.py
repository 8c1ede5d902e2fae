"""Training: from a dataset to a surrogate."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from physgan.data import open_dataset
from physgan.domains import domain_of
from physgan.errors import InputError
from physgan.training.alone import ALONE, settings_alone
from physgan.training.clipped_gaussian import fit_clipped_gaussian
from physgan.training.config import TrainingConfig
from physgan.training.copula import fit_copula
from physgan.training.documented import DOCUMENTED
from physgan.training.loop import Game, restored_game, train_network
from simulators.protocol import Progress

__all__ = ["METHODS", "Game", "TrainingConfig", "restored_game", "train"]

_CLASSICAL: dict[str, Callable[..., dict[str, Any]]] = {
    "clipped-gaussian": fit_clipped_gaussian,
    "copula": fit_copula,
}

METHODS = ("gan", *ALONE, *_CLASSICAL)
"""What `train` can make."""


def train(
    dataset_path: str | Path,
    run_dir: str | Path,
    config: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    method: str = "gan",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train a surrogate of what made the dataset.

    Args:
        dataset_path: a dataset with the splits "train" and "validation".
        run_dir: receives the run; the same call again continues a stopped one.
        config: settings that differ from those of the dataset's recipe, the network
            (`DOCUMENTED`), the domain and `TrainingConfig`, in this order.
        seed: of everything random.
        method: one of `METHODS`.
        progress: called with (samples seen, samples in total).

    Returns:
        A summary, JSON values; "surrogate" is the folder for `physgan.load`.

    Raises:
        InputError: for bad settings or data; PhysganError: if training diverged.
    """
    if method not in METHODS:
        raise InputError(f"expected a method ({', '.join(METHODS)}); got {method!r}")
    dataset = open_dataset(dataset_path)
    if method in _CLASSICAL:
        return _CLASSICAL[method](dataset, Path(run_dir), seed=seed)
    suited, given = domain_of(dataset.info).training(), config or {}
    recipe = dataset.recipe.get("train", {})
    network = given.get("network") or recipe.get("network") or suited.get("network", "")
    table = {**suited, **DOCUMENTED.get(network, {}), **recipe}
    table = settings_alone(method, table, given) if method in ALONE else {**table, **given}
    settings = TrainingConfig.from_table(table)
    return train_network(
        dataset, Path(run_dir), settings, seed=seed, method=method, progress=progress
    )
