"""The classical baseline as a method of training: fitted in seconds, saved like any other."""

from pathlib import Path
from typing import Any

from physgan.data import Dataset
from physgan.description import Description
from physgan.domains.spins.clipped_gaussian import ClippedGaussian
from physgan.errors import InputError
from physgan.surrogate import Surrogate

__all__ = ["fit_clipped_gaussian"]


def fit_clipped_gaussian(dataset: Dataset, run_dir: Path, *, seed: int) -> dict[str, Any]:
    """Fit `ClippedGaussian`, with its heat bath, to the train split and save it.

    Raises:
        InputError: if the dataset does not hold spin lattices.
    """
    if dataset.info.domain != "spins":
        raise InputError(
            f"expected spins for the method clipped-gaussian; got {dataset.info.domain}; use gan"
        )
    samples, conditions = dataset.read("train")
    fitted = ClippedGaussian.fit(
        samples["spins"], conditions["temperature"], heat_bath=True, seed=seed
    )
    description = Description.of(dataset.info, "clipped-gaussian", fitted.size, seed=seed)
    surrogate = Surrogate(description, fitted)
    surrogate.save(run_dir / "surrogate")
    return {
        "method": "clipped-gaussian",
        "samples": len(samples["spins"]),
        "parameters": surrogate.parameter_count,
        "surrogate": str(run_dir / "surrogate"),
    }
