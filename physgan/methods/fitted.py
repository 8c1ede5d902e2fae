"""A domain's classical baselines as methods: fitted in one step, saved as any surrogate."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from physgan.data import Dataset
from physgan.domains import Baseline, check_samples
from physgan.errors import InputError
from physgan.methods.base import Method
from physgan.methods.settings import Settings
from physgan.surrogates import Description, FittedSampler, Surrogate
from physgan.training import claim_run
from physgan.training.run import definition_of
from simulators.protocol import Progress

__all__ = ["Fitted"]

_MOST_BYTES = 2**30


class Fitted(Method):
    """Fits a `Baseline` to the train split, the first 1 GiB of it at most.

    Args:
        baselines: domain name -> class of the baseline of one name that serves it.
    """

    settings = Settings

    def __init__(self, baselines: Mapping[str, type[Baseline]]) -> None:
        self.baselines = baselines
        self.name = next(iter(baselines.values())).name
        served: dict[str, list[str]] = {}
        for domain, baseline in baselines.items():
            served.setdefault(baseline.summary, []).append(domain)
        self.summary = "; ".join(f"{text} ({', '.join(at)})" for text, at in served.items())

    def train(
        self,
        dataset: Dataset,
        run_dir: Path,
        settings: Settings,
        *,
        seed: int,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Fit the baseline and save it.

        Raises:
            InputError: for samples of another domain, samples that the baseline cannot serve, or a
                folder of another run.
        """
        if dataset.info.domain not in self.baselines:
            raise InputError(
                f"expected {' or '.join(self.baselines)} for the method {self.name}; got "
                f"{dataset.info.domain}; use gan"
            )
        definition = definition_of(dataset, self.name, settings.to_table(), seed)
        samples, conditions = dataset.read("train", stop=max(1, _MOST_BYTES // dataset.row_bytes))
        check_samples(dataset.info, samples, conditions)
        claim_run(run_dir, definition, dataset.path)
        count = len(next(iter(samples.values())))
        if progress is not None:
            progress(0, count)
        baseline = self.baselines[dataset.info.domain].fit(
            dataset.info, samples, conditions, seed=seed
        )
        description = Description.of(
            dataset.info,
            self.name,
            baseline.size,
            recipe=dataset.recipe.get("name", ""),
            seen=dataset.seen,
            seed=seed,
        )
        surrogate = Surrogate(description, FittedSampler(description, baseline))
        surrogate.save(run_dir / "surrogate")
        if progress is not None:
            progress(count, count)
        return {
            "method": self.name,
            "samples": count,
            "parameters": surrogate.parameter_count,
            "surrogate": str(run_dir / "surrogate"),
        }
