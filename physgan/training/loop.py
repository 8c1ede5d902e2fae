"""The training loop: data in, surrogate out, stoppable and resumable at any moment."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from physgan.data import Dataset, batch_indices
from physgan.data.files import sha256_of
from physgan.description import Description
from physgan.domains import domain_of
from physgan.errors import InputError, PhysganError
from physgan.surrogate import Surrogate, load
from physgan.training import checkpoints
from physgan.training.adversarial import adversarial_step, discriminator_step, weights_of
from physgan.training.alone import ALONE, build_alone
from physgan.training.config import TrainingConfig
from physgan.training.devices import check_batch, device_mesh, replicate, split_batch
from physgan.training.model import Model, build_model, condition_matrix
from physgan.training.run_files import MetricsLog, claim_run
from physgan.training.state import Parameters, TrainingState, initial_state
from physgan.training.steps import Step, objective_step
from physgan.training.validation import validator
from physgan.training.watch import Split, Warner, examiner

__all__ = ["Game", "restored_game", "train_network"]

Progress = Callable[[int, int], None]

_LOG_STEPS = 10


def train_network(
    dataset: Dataset,
    run_dir: Path,
    config: TrainingConfig,
    *,
    seed: int,
    method: str = "gan",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train a generator on the dataset's train split and save it as a surrogate.

    The same call goes on where a stopped run left off, and ends with the same parameters as a
    run that was never stopped.

    Args:
        dataset: with the splits "train" and "validation".
        run_dir: receives run.json, metrics.jsonl, tensorboard/, checkpoints/, surrogate/.
        config: see `TrainingConfig`.
        seed: of initial parameters, batches and noise.
        method: "gan", or a key of `ALONE`.
        progress: called with (samples seen, samples in total).

    Returns:
        {"samples", "validation_distance", "surrogate", ...}: a summary.

    Raises:
        InputError: for a dataset or settings that cannot be used, or a folder of another run.
        PhysganError: if the loss became NaN; the last good state is kept.
    """
    mesh = device_mesh()
    check_batch(mesh, config.batch_size)
    run = _Run(dataset, run_dir, config, seed, method)
    state = checkpoints.restore_latest(run.checkpoints, run.initial)
    state = replicate(mesh, run.initial if state is None else state)
    steps = [jax.jit(make(run.model, run.config)) for make in _STEPS]
    samples, key = int(state.samples), jax.random.key(seed)
    with MetricsLog(run_dir, samples) as log:
        warn = Warner(log.rows())
        while samples < run.total:
            step = steps[run.kind(samples)]
            batch = split_batch(mesh, *run.batch(samples))
            state, metrics = step(state, key, *batch)
            samples += config.batch_size
            number = samples // config.batch_size
            if number % _LOG_STEPS == 0 or samples >= run.total:
                run.log(log, samples, metrics)
            if run.is_checkpoint(samples):
                state = run.judge(log, samples, state)
                warn(log.rows())
                checkpoints.save(run.checkpoints, samples, state)
            if progress is not None:
                progress(samples, run.total)
    return run.finish(state)


_STEPS: tuple[Callable[[Model, TrainingConfig], Step], ...] = (
    objective_step, discriminator_step, adversarial_step
)  # fmt: skip


class Game(NamedTuple):
    """Both players as a run left them.

    Attributes:
        model: what takes their parameters.
        state: with the parameters.
        samples: held-out real samples in network space, shape (n, ...).
        conditions: of those, shape (n, c).
    """

    model: Model
    state: TrainingState
    samples: np.ndarray
    conditions: np.ndarray


def restored_game(dataset: Dataset, run_dir: Path) -> Game:
    """The last checkpoint of a run.

    Args:
        dataset: that it was trained on.
        run_dir: of the run.

    Raises:
        InputError: if there is no such run, if its dataset was another one, or if its
            checkpoints are gone.
    """
    try:
        about = json.loads((run_dir / "run.json").read_text())
        method, config = about["method"], TrainingConfig.from_table(about["config"])
    except (OSError, ValueError, KeyError):
        method = "none"
    if method != "gan":
        raise InputError(f"expected a run of the method gan in {run_dir}; got {method}; train one")
    run = _Run(dataset, run_dir, config, about["seed"], method)
    state = checkpoints.restore_latest(run.checkpoints, run.initial)
    if state is None:
        raise InputError(f"expected checkpoints in {run.checkpoints}; got none that is whole")
    return Game(run.model, _as_used(state, run.config), *run.held_out)


class _Run:
    """What stays the same throughout a run."""

    def __init__(
        self, dataset: Dataset, run_dir: Path, config: TrainingConfig, seed: int, method: str
    ) -> None:
        self.seed, self.run_dir, self.method = seed, run_dir, method
        self.info = dataset.info
        self.checkpoints = run_dir / "checkpoints"
        domain = domain_of(dataset.info)
        if not config.conditional:
            if domain.needs_conditions:
                raise InputError(
                    f"expected conditional = true for {domain.name}, which mean nothing without "
                    "their conditions; got false"
                )
            self.info = replace(dataset.info, conditions=())
        samples, conditions = dataset.read("train")
        self.samples = domain.encode(samples)
        self.conditions = condition_matrix(self.info, conditions, len(self.samples))
        build = partial(build_alone, method) if method in ALONE else build_model
        self.model, self.settings, generator, discriminator = build(
            self.info, domain, config, self.samples, self.conditions, seed
        )
        self.config = config if self.model.objective else replace(config, likelihood_samples=0)
        self.border = _whole_batches(self.config.likelihood_samples, config)
        self.total = self.border + _whole_batches(config.adversarial_samples, config)
        if config.start_from:
            generator = _started_from(config.start_from, generator)
        claim_run(run_dir, self._definition(dataset))
        self.initial = initial_state(generator, discriminator)
        self.held_out = self._held_out(dataset)
        self.validate = validator(self.model, *self.held_out, seed)
        known = (self.samples, self.conditions)
        self.examine = examiner(self.model, known, self.held_out, seed)

    def _definition(self, dataset: Dataset) -> dict[str, Any]:
        return {
            "method": self.method,
            "dataset": dataset.manifest.fingerprint
            if dataset.manifest
            else sha256_of(dataset.path),
            "config": self.config.to_table(),
            "seed": self.seed,
        }

    def _held_out(self, dataset: Dataset) -> Split:
        samples, conditions = dataset.read("validation", stop=self.config.validation_samples)
        encoded = domain_of(dataset.info).encode(samples)
        return encoded, condition_matrix(self.info, conditions, len(encoded))

    def kind(self, samples: int) -> int:
        """Which of `_STEPS` comes after `samples` samples."""
        if samples < self.border:
            return 0
        played = (samples - self.border) // self.config.batch_size + 1
        return 1 if played % self.config.discriminator_steps else 2

    def batch(self, samples: int) -> tuple[np.ndarray, np.ndarray]:
        """The batch after `samples` samples: a function of the seed and that number alone."""
        index = batch_indices(len(self.samples), self.config.batch_size, self.seed, samples)
        return self.samples[index], self.conditions[index]

    def is_checkpoint(self, samples: int) -> bool:
        """Whether a multiple of the interval, the stages' border or the end was just passed."""
        before = samples - self.config.batch_size
        every = max(self.config.checkpoint_samples, self.config.batch_size)
        return samples // every != before // every or samples in (self.border, self.total)

    def log(self, log: MetricsLog, samples: int, metrics: Mapping[str, jax.Array]) -> None:
        """Write metrics; stop the run if one is not a number."""
        values = {name: round(float(value), 6) for name, value in metrics.items()}
        if not np.all(np.isfinite(list(values.values()))):
            raise PhysganError(
                f"expected finite losses; got {values} after {samples} samples; the last good "
                f"state is kept in {self.checkpoints}; lower the learning rates"
            )
        log.write(samples, values)

    def judge(self, log: MetricsLog, samples: int, state: TrainingState) -> TrainingState:
        """Validate the averaged generator and remember it if it is the best so far.

        The first stage's measure is its objective, which is known better than the distance;
        the second stage has to come closer than the first one's best.
        """
        scores = self.validate(state.average)
        log.write(samples, scores)
        if samples > self.border:
            log.write(samples, self.examine(_as_used(state, self.config)))
            return _remembered(state, scores["validation_distance"])
        assert self.model.objective is not None
        state = _remembered(state, scores[f"validation_{self.model.objective.measure}"])
        if samples < self.border:
            return state
        return _scored(state, self.validate(state.best)["validation_distance"])

    def finish(self, state: TrainingState) -> dict[str, Any]:
        """Save the best generator as a surrogate."""
        description = Description.of(
            self.info,
            self.method,
            self.settings.get("size", 0),
            network=self.settings,
            training={**self.config.to_table(), "start_from": Path(self.config.start_from).name},
            seed=self.seed,
        )
        surrogate = Surrogate(description, jax.device_get(state.best))
        folder = self.run_dir / "surrogate"
        surrogate.save(folder)
        return {
            "method": self.method,
            "samples": int(state.samples),
            "validation_distance": float(state.best_score),
            "parameters": surrogate.parameter_count,
            "surrogate": str(folder),
        }


def _as_used(state: TrainingState, config: TrainingConfig) -> TrainingState:
    """The state with the discriminator's weights as it uses them."""
    return state._replace(discriminator=weights_of(state.discriminator, config))


def _remembered(state: TrainingState, score: float) -> TrainingState:
    """The state, with the averaged generator as the best one if its score is the lowest."""
    if not score < float(state.best_score):
        return state
    return _scored(state._replace(best=state.average), score)


def _scored(state: TrainingState, score: float) -> TrainingState:
    best_score = jax.device_put(np.float32(score), state.best_score.sharding)
    return state._replace(best_score=best_score)


def _whole_batches(samples: int, config: TrainingConfig) -> int:
    """`samples` rounded up to whole batches."""
    return -(-samples // config.batch_size) * config.batch_size


def _started_from(path: str, fresh: Parameters) -> Parameters:
    """Parameters of a trained generator, by name; scales that it lacks stay fresh."""
    trained = load(path).state
    return _overlaid(fresh, trained, path)


def _overlaid(fresh: Any, trained: Any, path: str) -> Any:
    if not isinstance(fresh, dict):
        if np.shape(fresh) != np.shape(trained):
            raise InputError(
                f"expected networks of equal widths to start from {path}; got shapes "
                f"{np.shape(fresh)} and {np.shape(trained)}"
            )
        return jax.numpy.asarray(trained)
    return {
        name: _overlaid(value, trained[name], path) if name in trained else value
        for name, value in fresh.items()
    }
