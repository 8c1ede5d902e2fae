"""Training of a surrogate on a dataset by any method, and opening of a trained run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from physgan.allocator import keep_freed_memory
from physgan.data import Dataset, check_hashes, open_dataset
from physgan.data.files import exclusive, full_disk
from physgan.data.json_files import read_table
from physgan.domains import domain_of
from physgan.errors import InputError, nearest
from physgan.methods.base import Method, NetworkMethod
from physgan.methods.presets import TEXTBOOK_PRESETS
from physgan.methods.registry import DEFAULT, METHODS
from physgan.precision import products_in
from physgan.training import Run, is_first, several_processes
from simulators.protocol import Progress

__all__ = ["method_of", "open_run", "train"]


@products_in("float32")
def train(
    dataset_path: str | Path,
    run_dir: str | Path,
    config: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    method: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train a surrogate on a dataset.

    After `jax.distributed.initialize` all processes train together, and each of them calls this.
    The first alone writes files. The process keeps freed memory from now on.

    Args:
        dataset_path: a dataset with the splits "train" and "validation".
        run_dir: receives the run; the same call again continues a stopped one.
        config: settings of the method. They override those of the dataset's recipe, which override
            those of the network (`TEXTBOOK_PRESETS`), which override those of the domain, whose
            stages are shorter where there are few events (`chosen_settings`).
        seed: of all random numbers.
        method: one of `METHODS`; "" for the recipe's, which is "gan" if it names none.
        progress: called with (samples seen, samples in total).

    Returns:
        A summary, JSON values; "surrogate" is the folder for `physgan.load`. {} in processes other
        than the first.

    Raises:
        InputError: for bad settings or data, or a folder that another training writes.
        VerificationError: for data that have changed since they were written.
        PhysganError: if training diverged or the disk is full; checkpoints are kept.
    """
    keep_freed_memory()
    dataset = open_dataset(dataset_path)
    check_hashes(dataset.path)
    recipe = dict(dataset.recipe.get("train", {}))
    suggested = recipe.pop("method", DEFAULT)
    trainer = method_of(method or suggested)
    config = config or {}
    _check_names(trainer, recipe, config)
    domain = domain_of(dataset.info).training()
    network = config.get("network") or recipe.get("network") or domain.get("network", "")
    given = {**TEXTBOOK_PRESETS.get(network, {}), **recipe}
    events = len(dataset.splits.get("train", ()))
    suited = {**trainer.suited_to(domain, {**given, **config}, events), **given}
    settings = trainer.settings_of(suited, config)
    if several_processes() and not isinstance(trainer, NetworkMethod):
        raise InputError(
            f"expected a method that trains a network by several processes; got {trainer.name}, "
            "which is fitted by one"
        )
    with _alone(Path(run_dir)) if is_first() else nullcontext():
        return trainer.train(dataset, Path(run_dir), settings, seed=seed, progress=progress)


def method_of(name: str) -> Method:
    """A method by its name.

    Raises:
        InputError: if there is none.
    """
    if name not in METHODS:
        raise InputError(
            f"expected a method ({', '.join(METHODS)}); got {name!r}{nearest(name, METHODS)}"
        )
    return METHODS[name]


def open_run(dataset: Dataset, run_dir: Path) -> Run:
    """The run in a folder, for inspection.

    Args:
        dataset: the dataset that it was trained on.
        run_dir: folder of the run.

    Raises:
        InputError: if there is no such run, if it trained no network, or on another dataset.
    """
    try:
        definition = read_table(run_dir / "run.json", "a training run")
        method = METHODS[definition["method"]]
        table, seed = definition["config"], definition["seed"]
    except (OSError, KeyError, TypeError):
        raise InputError(f"expected a training run in {run_dir}; got none; train one") from None
    if not isinstance(method, NetworkMethod):
        raise InputError(f"expected a run with a network in {run_dir}; got {method.name}")
    return method.open_run(dataset, run_dir, method.settings.from_table(table), seed=seed)


@contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    """Lock the folder of a run for one training; a new one that stays empty is removed."""
    new = not run_dir.exists()
    run_dir.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(run_dir), full_disk(run_dir):
            yield
    finally:
        if new and not any(run_dir.iterdir()):
            run_dir.rmdir()


def _check_names(method: Method, recipe: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Refuse names in a recipe that no method has, and names in `config` that `method` has not."""
    every = {name for each in METHODS.values() for name in each.settings.names()}
    for name in recipe:
        if name not in every:
            raise InputError(
                f"expected a training setting in the recipe; got {name!r}{nearest(name, every)}"
            )
    own = method.settings.names()
    for name in config:
        if name not in own:
            others = [each.name for each in METHODS.values() if name in each.settings.names()]
            hint = f", which belongs to {', '.join(others)}" if others else nearest(name, own)
            raise InputError(f"expected a setting of the method {method.name}; got {name!r}{hint}")
