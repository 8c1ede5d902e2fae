"""The training loop and its parts; `physgan.methods` defines the networks and the stages."""

from physgan.training.blocks import blockwise_gradient, blockwise_mean, number_of_blocks
from physgan.training.devices import is_first, several_processes
from physgan.training.loop import train_network
from physgan.training.memory import compiler_options
from physgan.training.model import Model, evaluated, merged_statistics, split, statistics_of
from physgan.training.objective import Objective
from physgan.training.processes import several
from physgan.training.run import Run, dataset_of, identity_of_data
from physgan.training.run_files import claim_run
from physgan.training.schedules import cosine
from physgan.training.stages import Metrics, Networks, Stage, StagedMethod, Step, whole_batches
from physgan.training.standardise import feature_scale, fit_scale
from physgan.training.state import Parameters, TrainingState
from physgan.training.steps import (
    Counted,
    adam,
    clipped,
    count,
    descend,
    objective_gradient,
    objective_stage,
    with_moments,
)
from physgan.training.validation import in_chunks

__all__ = [
    "Counted",
    "Metrics",
    "Model",
    "Networks",
    "Objective",
    "Parameters",
    "Run",
    "Stage",
    "StagedMethod",
    "Step",
    "TrainingState",
    "adam",
    "blockwise_gradient",
    "blockwise_mean",
    "claim_run",
    "clipped",
    "compiler_options",
    "cosine",
    "count",
    "dataset_of",
    "descend",
    "evaluated",
    "feature_scale",
    "fit_scale",
    "identity_of_data",
    "in_chunks",
    "is_first",
    "merged_statistics",
    "number_of_blocks",
    "objective_gradient",
    "objective_stage",
    "several",
    "several_processes",
    "split",
    "statistics_of",
    "train_network",
    "whole_batches",
    "with_moments",
]
