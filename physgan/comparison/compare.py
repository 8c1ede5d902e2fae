"""Compare two datasets of one domain."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from physgan.comparison.metrics import compare_samples
from physgan.comparison.plots import draw_all
from physgan.comparison.reading import check_alike, read_samples, read_side
from physgan.comparison.results import ComparisonReport, ComparisonSettings
from physgan.data import check_hashes, open_dataset, open_split
from physgan.domains import domain_of
from physgan.errors import InputError
from physgan.fidelity import compare_classes

__all__ = ["compare"]

Progress = Callable[[int, int, str], None]
PathLike = str | os.PathLike[str]


def compare(
    real: PathLike,
    fake: PathLike,
    *,
    floor: PathLike | None = None,
    out: PathLike | None = None,
    count: int = 10_000,
    split: str = "",
    seed: int = 0,
    classes: str = "",
    class_inputs: str = "images",
    settings: ComparisonSettings | None = None,
    progress: Progress | None = None,
) -> ComparisonReport:
    """Compare one dataset with another, whatever made them.

    Where one of them was drawn without conditions, as by a surrogate that has none, conditions are
    left out of account in all. Samples are read in chunks and only their features kept, so that
    memory grows with `count` (some 40 kB a shower of 2,400 cells) and not with the datasets.

    Args:
        real: dataset that is right by definition: a file or a folder, or one of its splits,
            "x.h5:test".
        fake: dataset under test.
        floor: a second dataset of the same kind as `real`, for truth against truth; without it
            `real` is split in halves.
        out: folder for pictures and compare.json; None: none are made.
        count: most samples of each dataset; of larger ones that many are drawn at random.
        split: of the real dataset, the only one that is compared; "" for all samples.
        seed: of everything random.
        classes: condition whose values are classes, for `compare_classes`; "" for none.
        class_inputs: what its classifier sees, "images" or "observables".
        settings: how much work is put in.
        progress: called with (steps done, steps in total, what comes next).

    Raises:
        InputError: for datasets of different domains, shapes, units, grids or conditions.
        VerificationError: for a dataset that has changed since it was written.
    """
    first, split = open_split(real, split)
    datasets = [first, *(open_dataset(path) for path in (fake, floor) if path is not None)]
    paths, splits = [dataset.path for dataset in datasets], [split, "", ""]
    for other in datasets[1:]:
        check_alike(datasets[0], other)
    if count < 2:
        raise InputError(f"expected a count of 2 or more; got {count}")
    for dataset in datasets:
        domain_of(dataset.info)
        check_hashes(dataset.path)
    domain = domain_of(min((d.info for d in datasets), key=lambda info: len(info.conditions)))
    sides = [
        read_side(domain, dataset, name, count, seed, part)
        for dataset, name, part in zip(datasets, _names(paths), splits, strict=False)
    ]
    if progress:
        progress(0, 1, "reading")
    report = compare_samples(
        domain,
        *(side.features for side in sides),
        seed=seed,
        settings=settings,
        progress=progress,
    )
    if classes:
        real_set = read_samples(first, count, seed, split)
        fake_set = read_samples(datasets[1], count, seed)
        class_report = compare_classes(
            domain, real_set, fake_set, classes, inputs=class_inputs, seed=seed
        )
        report = replace(report, classes=class_report)
    if out is not None:
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        pictures = draw_all(domain, sides[0], sides[1], report.largest_auc, folder)
        names = [
            f"{path}:{part}" if part else str(path)
            for path, part in zip(paths, splits, strict=False)
        ]
        _write(report, names, pictures, folder / "compare.json")
    return report


def _names(paths: list[Path]) -> list[str]:
    """Short names that differ."""
    names = [path.stem for path in paths]
    return [f"{name} ({i})" if names.count(name) > 1 else name for i, name in enumerate(names, 1)]


def _write(report: ComparisonReport, paths: list[str], pictures: list[str], out: Path) -> None:
    from importlib.metadata import version

    table: dict[str, Any] = {"physgan": version("physgan"), "datasets": paths, "pictures": pictures}
    text = json.dumps({**table, **report.to_json()}, indent=1, allow_nan=False)
    out.write_text(text + "\n", encoding="utf-8")
