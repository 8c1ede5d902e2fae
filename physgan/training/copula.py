"""The classical baseline of showers as a method of training: fitted in a minute or so."""

from pathlib import Path
from typing import Any

from physgan.data import Dataset
from physgan.description import Description
from physgan.domains.showers.copula import ShowerCopula
from physgan.errors import InputError
from physgan.surrogate import Surrogate

__all__ = ["fit_copula"]

_MOST_BYTES = 2**30


def fit_copula(dataset: Dataset, run_dir: Path, *, seed: int) -> dict[str, Any]:
    """Fit `ShowerCopula` to the train split, the first 1 GiB of it at most, and save it.

    Raises:
        InputError: if the dataset does not hold showers.
    """
    if dataset.info.domain != "showers":
        raise InputError(
            f"expected showers for the method copula; got {dataset.info.domain}; use gan"
        )
    samples, conditions = dataset.read("train", stop=max(1, _MOST_BYTES // dataset.row_bytes))
    fitted = ShowerCopula.fit(dataset.info, samples, conditions, seed=seed)
    surrogate = Surrogate(Description.of(dataset.info, "copula", 0, seed=seed), fitted)
    surrogate.save(run_dir / "surrogate")
    return {
        "method": "copula",
        "samples": len(samples["deposits"]),
        "parameters": surrogate.parameter_count,
        "surrogate": str(run_dir / "surrogate"),
    }
