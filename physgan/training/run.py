"""A training run: data, networks, stages and folder; new, resumed, or opened for inspection."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from physgan.data import Dataset, batch_indices, open_dataset
from physgan.data.files import sha256_of
from physgan.data.json_files import read_table
from physgan.domains import check_samples, domain_of
from physgan.errors import InputError, PhysganError
from physgan.surrogates import Description, NetworkSampler, Surrogate, TrainingStage, load
from physgan.surrogates.conditions import condition_matrix
from physgan.training import checkpoints
from physgan.training.devices import is_first
from physgan.training.impossible import refuse_impossible
from physgan.training.monitor import Split, make_monitor
from physgan.training.objective import Objective
from physgan.training.run_files import CHECKPOINT_FOLDER, MetricsLog, check_run, claim_run
from physgan.training.stages import Stage, StagedMethod
from physgan.training.state import Parameters, TrainingState, initial_state
from physgan.training.stopping import CERTAIN, CHECKPOINTS, rise, skipped_samples
from physgan.training.validation import DISTANCE, Validator

__all__ = ["Run", "dataset_of"]

_BASE = "base"


class StagePosition(NamedTuple):
    """A stage and its position in the run.

    Attributes:
            number: index of the stage among those of the run.
            stage: the stage.
        start: samples of the stages before.
    """

    number: int
    stage: Stage
    start: int


class Run:
    """The constant parts of a run.

    Args:
        dataset: with the splits "train" and "validation".
        run_dir: receives run.json, metrics.jsonl, tensorboard/, checkpoints/, surrogate/.
        method: builds the networks and defines the stages.
        settings: of the method.
        seed: of initial parameters, batches and noise.

    Raises:
        InputError: for a dataset or settings that cannot be used, or a folder of another run.
    """

    def __init__(
        self, dataset: Dataset, run_dir: Path, method: StagedMethod, settings: Any, seed: int
    ) -> None:
        self.seed, self.run_dir, self.method, self.settings = seed, run_dir, method, settings
        self.checkpoints = run_dir / CHECKPOINT_FOLDER
        self.dataset = dataset
        domain = domain_of(dataset.info)
        self.info = dataset.info
        if not settings.conditional:
            if domain.needs_conditions:
                raise InputError(
                    f"expected conditional = true for {domain.name}, which mean nothing without "
                    "their conditions; got false"
                )
            self.info = replace(dataset.info, conditions=())
        for split in ("train", "validation"):
            if split in dataset.splits and not len(dataset.splits[split]):
                raise InputError(
                    f"expected events in the split {split} of {dataset.path}; got none of "
                    f"{len(dataset)}; make more events"
                )
        samples, conditions = dataset.read("train")
        check_samples(dataset.info, samples, conditions)
        self.samples = domain.encode(samples)
        self.conditions = condition_matrix(self.info.conditions, conditions, len(self.samples))
        networks = method.build(self.info, domain, settings, self.samples, self.conditions, seed)
        self.model, self.network_settings = networks.model, networks.settings
        self.stages = method.stages(self.model, settings)
        self.ends = list(accumulate(stage.samples for stage in self.stages))
        generator = networks.generator
        self.before: tuple[TrainingStage, ...] = ()
        if settings.start_from:
            start = load(settings.start_from)
            if start.rejects and _BASE not in generator:
                start = start.without_rejection()
            self.before = start.description.stages
            generator = _started_from(start, settings.start_from, generator)
        self.definition = definition_of(dataset, method.name, settings.to_table(), seed)
        self.begun = check_run(run_dir, self.definition)
        trains = {stage.name: stage.trains for stage in self.stages}
        self.initial = initial_state(generator, networks.discriminator, trains)
        self.held_out = self._held_out(domain)
        self.validate = Validator(self.model, *self.held_out, seed)
        self.best_losses: tuple[int, np.ndarray | None] = (0, None)
        train = (self.samples, self.conditions)
        self.monitor = make_monitor(self.model, train, self.held_out, seed)

    def begin(self, generator: Parameters) -> None:
        """Claim the folder; a new run is refused if its generator cannot make some of the events.

        Args:
            generator: initial parameters, on one device.

        Raises:
            InputError: for events of zero density.
        """
        if not self.begun:
            self._refuse_impossible(generator)
            if is_first():
                claim_run(self.run_dir, self.definition, self.dataset.path)
            self.begun = True

    @property
    def total(self) -> int:
        """Samples of all stages, if none is cut short."""
        return self.ends[-1]

    def latest(self) -> TrainingState | None:
        """The state of the newest complete checkpoint, None if there is none."""
        return checkpoints.restore_latest(self.checkpoints, self.initial)

    def stage_at(self, clock: int) -> StagePosition:
        """The stage of the step at this position (`TrainingState.clock`); at the end, the last."""
        number = min(sum(end <= clock for end in self.ends), len(self.stages) - 1)
        stage = self.stages[number]
        return StagePosition(number, stage, self.ends[number] - stage.samples)

    def monitored(self, clock: int) -> bool:
        """Whether a discriminator has been trained at this position."""
        position = self.stage_at(max(0, clock - 1))
        return position.stage.monitored and clock > position.start

    def batch_rows(self, samples: int) -> np.ndarray:
        """Rows of the batch after `samples` samples: a function of only the seed and `samples`."""
        return batch_indices(len(self.samples), self.settings.batch_size, self.seed, samples)

    def batch_events(self, samples: int) -> np.ndarray:
        """Numbers of the events of that batch in the dataset."""
        return self.dataset.splits["train"][self.batch_rows(samples)]

    def is_checkpoint(self, samples: int, clock: int) -> bool:
        """Whether the last step passed a multiple of the interval or reached the end of a stage."""
        before = samples - self.settings.batch_size
        every = max(self.settings.checkpoint_samples, self.settings.batch_size)
        return samples // every != before // every or clock in self.ends

    def log(
        self,
        log: MetricsLog,
        samples: int,
        metrics: Mapping[str, jax.Array],
        more: Mapping[str, Any],
    ) -> None:
        """Write metrics, and `more` JSON values; stop the run if a metric is not finite."""
        values = {name: round(float(value), 6) for name, value in metrics.items()}
        if not np.all(np.isfinite(list(values.values()))):
            raise PhysganError(
                f"expected finite losses; got {values} after {samples} samples; the last good "
                f"state is kept in {self.checkpoints}; lower the learning rates"
            )
        log.write(samples, {**values, **more})

    def record_validation(
        self, log: MetricsLog, samples: int, state: TrainingState
    ) -> TrainingState:
        """Validate the averaged generator, log its scores and keep it if it is the best so far.

        Each stage has its own validation metric. At the end of a stage the best generator is
        scored by the next stage's metric, and later generators have to surpass that score. A stage
        whose loss has certainly risen is cut short; see `physgan.training.stopping`.
        """
        position = self.stage_at(int(state.clock) - self.settings.batch_size)
        stage = position.stage
        scores, losses = self.validate(state.average, stage.objective)
        log.write(samples, scores)
        if stage.monitored:
            log.write(samples, self.monitor(state))
        if scores[stage.score] < float(state.best_score):
            state = _with_best(state, scores[stage.score])
            self.best_losses = samples, losses.get(stage.score)
        elif stage.objective is not None:
            state = self._cut_short(log, position, stage.objective, state, losses[stage.score])
        following = self.stage_at(int(state.clock)).stage
        if following.score == stage.score:
            return state
        scores = self.validate(state.best, following.objective).scores
        self.best_losses = 0, None
        return _with(state, best_score=scores[following.score], rises=0)

    def _cut_short(
        self,
        log: MetricsLog,
        position: StagePosition,
        objective: Objective,
        state: TrainingState,
        losses: np.ndarray,
    ) -> TrainingState:
        """The state; at the best generator and further on the schedule, if losses have risen."""
        kept, best = self.best_losses
        if best is None or kept != int(state.best_samples):
            best = self.validate.losses(objective, state.best, *self.held_out)
            self.best_losses = int(state.best_samples), best
        risen = rise(losses, best)
        log.write(int(state.samples), {"rise": round(risen, 3)})
        rises = int(state.rises) + 1 if risen > CERTAIN else 0
        elapsed = int(state.clock) - position.start
        ahead = skipped_samples(elapsed, position.stage.samples, self.settings.batch_size)
        if rises < CHECKPOINTS or not ahead:
            return _with(state, rises=rises)
        skipped = np.array(state.skipped)
        skipped[position.number] += ahead
        print(
            f"note: {objective.score.replace('_', ' ')} has risen since {int(state.best_samples)} "
            f"samples; the {position.stage.name} stage goes back to them, and ends "
            f"{ahead} samples earlier",
            file=sys.stderr,
            flush=True,
        )
        state = state._replace(generator=state.best, average=state.best)
        return _with(state, rises=0, skipped=skipped)

    def finish(self, state: TrainingState) -> dict[str, Any]:
        """Save the best generator as a surrogate."""
        kept, last = int(state.best_samples), self.stages[-1]
        lengths = [
            stage.samples - int(skipped)
            for stage, skipped in zip(self.stages, np.asarray(state.skipped), strict=True)
        ]
        stages = tuple(
            TrainingStage(stage.name, length)
            for stage, length in zip(self.stages, lengths, strict=True)
        )
        number = sum(end < kept for end in accumulate(lengths[:-1]))
        distance = float(state.best_score)
        if last.score != DISTANCE:
            distance = self.validate(state.best).scores[DISTANCE]
        training = self.settings.to_table()
        description = Description.of(
            self.info,
            self.method.name,
            self.network_settings.get("size", 0),
            network=self.network_settings,
            training={**training, "start_from": Path(self.settings.start_from).name},
            stages=(*self.before, *stages),
            kept_stage=stages[number].name,
            kept_samples=kept + sum(stage.samples for stage in self.before),
            recipe=self.dataset.recipe.get("name", ""),
            seen=self.dataset.seen,
            seed=self.seed,
        )
        seen = self.samples, self.conditions
        best = self.method.finished(self.model, state.best, seen, self.held_out, self.seed)
        surrogate = Surrogate(description, NetworkSampler(description, jax.device_get(best)))
        folder = self.run_dir / "surrogate"
        surrogate.save(folder)
        return {
            "method": surrogate.name,
            "stages": description.provenance,
            "samples": int(state.samples),
            DISTANCE: distance,
            "parameters": surrogate.parameter_count,
            "surrogate": str(folder),
        }

    def _refuse_impossible(self, generator: Parameters) -> None:
        objective = self.model.objective
        if objective is None or all(stage.objective is not objective for stage in self.stages):
            return
        network = self.network_settings.get("base", self.network_settings)["network"]
        splits = {"train": (self.samples, self.conditions), "validation": self.held_out}
        for split, (samples, conditions) in splits.items():
            losses = self.validate.losses(objective, generator, samples, conditions)
            refuse_impossible(split, self.dataset.splits[split][: len(samples)], losses, network)

    def _held_out(self, domain: Any) -> Split:
        samples, conditions = self.dataset.read("validation", stop=self.settings.validation_samples)
        check_samples(self.dataset.info, samples, conditions)
        encoded = domain.encode(samples)
        return encoded, condition_matrix(self.info.conditions, conditions, len(encoded))


def definition_of(
    dataset: Dataset, method: str, settings: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """All that determines the result of a run, JSON values."""
    return {
        "method": method,
        "dataset": _identity(dataset),
        "config": dict(settings),
        "seed": seed,
    }


def dataset_of(run_dir: Path) -> Dataset | None:
    """The dataset that a run was trained on; None if it is no longer where it was."""
    try:
        about = read_table(run_dir / "run.json", "a training run")
        dataset = open_dataset(run_dir / about["data"])
    except (OSError, KeyError, TypeError, PhysganError):
        return None
    return dataset if _identity(dataset) == about.get("dataset") else None


def identity_of_data(run_dir: Path) -> str:
    """SHA-256 that tells the dataset of a run from all others; "" where there is no run."""
    try:
        return str(read_table(run_dir / "run.json", "a training run")["dataset"])
    except (OSError, KeyError, PhysganError):
        return ""


def _identity(dataset: Dataset) -> str:
    """Tells it from all other datasets, wherever it is."""
    return dataset.manifest.fingerprint if dataset.manifest else sha256_of(dataset.path)


def _with_best(state: TrainingState, score: float) -> TrainingState:
    """The state, with the averaged generator as the best one."""
    state = state._replace(best=state.average, best_samples=state.samples)
    return _with(state, best_score=score, rises=0)


def _with(state: TrainingState, **values: Any) -> TrainingState:
    """The state with other numbers, of the same types and on the same devices."""
    old = {name: getattr(state, name) for name in values}
    new = {
        name: jax.device_put(np.asarray(value, old[name].dtype), old[name].sharding)
        for name, value in values.items()
    }
    return state._replace(**new)


def _started_from(start: Surrogate, path: str, fresh: Parameters) -> Parameters:
    """Parameters of a trained generator, matched by name; those that it lacks stay fresh.

    The new one alone may be a `Rejection`.
    """
    sampler = start.sampler
    if not isinstance(sampler, NetworkSampler):
        raise InputError(f"expected a surrogate with a network to start from; got {path}")
    trained = sampler.parameters
    if _BASE in fresh and _BASE not in trained:
        return {**fresh, _BASE: _overlaid(fresh[_BASE], trained, path)}
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
