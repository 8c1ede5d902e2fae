"""The training loop: trains stage by stage; it can be stopped and resumed at any moment."""

from collections.abc import Callable
from typing import Any

import jax

from physgan.allocator import return_freed_memory
from physgan.precision import products_in
from physgan.training import checkpoints
from physgan.training.devices import (
    check_batch,
    device_mesh,
    is_first,
    local,
    replicate,
    replicated,
    several_processes,
    split_batch,
)
from physgan.training.impossible import LeftOut
from physgan.training.memory import compiler_options
from physgan.training.monitor import Announcer
from physgan.training.pace import Pace
from physgan.training.run import Run
from physgan.training.run_files import MetricsLog, NoLog
from physgan.training.stages import USED
from physgan.training.state import TrainingState

__all__ = ["train_network"]

Progress = Callable[[int, int], None]

_LOG_STEPS = 10


def train_network(run: Run, *, progress: Progress | None = None) -> dict[str, Any]:
    """Train a generator on the dataset's train split and save it as a surrogate.

    A run that was stopped resumes from its last checkpoint, which KeyboardInterrupt saves. It ends
    with the same parameters as an uninterrupted run.

    All devices of all processes train. Batches are split over them; a sum over a batch is rounded
    as their number has it. The first process alone validates and writes files, and the others
    get its state. Several processes that were stopped resume from the last regular checkpoint.

    Args:
        run: data, networks, stages and folder.
        progress: called with (samples seen, samples in total).

    Returns:
        {"samples", "validation_distance", "surrogate", ...}: a summary. "seconds_per_sample" is
        the mean time of a training step over the batch, without compilation and validation; it
        is missing after a resumption near the end. {} in processes other than the first.

    Raises:
        InputError: for a batch size that the number of devices does not divide.
        PhysganError: if the loss became NaN; the last good state is kept.
    """
    mesh, batch_size = device_mesh(), run.settings.batch_size
    check_batch(mesh, batch_size)
    latest = run.latest() if is_first() else None
    state = replicate(mesh, run.initial if latest is None else latest)
    samples = int(state.samples)
    if progress is not None:
        progress(samples, samples + run.total - int(state.clock))
    run.begin(local(state.generator))
    return_freed_memory()
    key, pace = jax.random.key(run.seed), Pace()
    options = compiler_options(run.model.domain)
    compiled: dict[tuple[int, int], Any] = {}
    whole = checkpoints.SavedIfStopped[TrainingState](run.checkpoints, samples)
    with MetricsLog(run.run_dir, samples) if is_first() else NoLog() as log, whole:
        announce, left_out = Announcer(log.rows()), LeftOut(run.batch_events)
        clock = int(state.clock)
        while clock < run.total:
            number, stage, start = run.stage_at(clock)
            if clock == start > 0:
                state = state._replace(generator=state.best, average=state.best)
            kind = stage.kind_of_step((clock - start) // batch_size)
            batch = split_batch(mesh, run.batch_rows(samples), run.samples, run.conditions)
            first = (number, kind) not in compiled
            if first:
                if all(other != number for other, _ in compiled):
                    for program in compiled.values():  # of a stage that is over
                        program.clear_cache()
                    compiled.clear()
                compiled[number, kind] = jax.jit(
                    stage.steps[kind], out_shardings=replicated(mesh), compiler_options=options
                )
                pace.interrupt()
            with products_in(run.settings.precision):
                state, metrics = compiled[number, kind](state, key, *batch)
            if first:
                return_freed_memory()
            left_out.add(samples, metrics.pop(USED, None))
            samples, clock = samples + batch_size, clock + batch_size
            if samples // batch_size % _LOG_STEPS == 0 or clock >= run.total:
                run.log(log, samples, metrics, left_out.metrics())
                pace.mark(samples)
            if due := run.is_checkpoint(samples, clock):
                if is_first():
                    state = run.record_validation(log, samples, local(state))
                    announce(log.rows())
                    checkpoints.save(run.checkpoints, samples, state)
                state = replicate(mesh, state)
                clock = int(state.clock)
                return_freed_memory()
                pace.interrupt()
            whole.set(samples, state, saved=due or several_processes())
            if progress is not None:
                progress(samples, samples + run.total - clock)
    if not is_first():
        return {}
    speed = pace.seconds_per_sample
    return {**run.finish(local(state)), **({} if speed is None else {"seconds_per_sample": speed})}
