"""A look at arrays before their import: a summary, and a proposal of its settings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.arrays import Arrays, Rows, opened_arrays
from physgan.data.arrays.keys import chosen, listed
from physgan.domains import Importer, domain_type
from physgan.errors import InputError
from physgan.importing.columns import condition_column
from physgan.importing.conversion import Paths, paths_of, rows_at_once, sample_rows
from physgan.importing.guesses import (
    Candidate,
    candidates,
    condition_text,
    guessed_conditions,
    guessed_domain,
    guessed_samples,
    guessed_unit,
    shape_in_names,
)
from physgan.importing.statistics import SampleStatistics, column_statistics
from physgan.importing.thresholds import MANY_DECADES
from simulators.protocol import Progress

__all__ = ["inspect_arrays"]


@dataclass
class _Proposal:
    """Arguments of `import_arrays`, completed one after the other.

    Args:
        settings: what is given or was guessed.
        reasons: setting -> value and why it was guessed, in words.
        columns: name, or key if it is guessed -> values of the conditions.
        left: key -> why it is no condition.
    """

    settings: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def guess(self, setting: str, value: Any, shown: str, why: str) -> None:
        """Set what is not given."""
        self.settings[setting] = value
        self.reasons[setting] = f"{shown}: {why}"

    @property
    def importer(self) -> Importer:
        """Of the domain."""
        importer = domain_type(self.settings["domain"]).importer
        if importer is None:
            raise InputError(f"expected a domain that takes arrays; got {self.settings['domain']}")
        return importer


def inspect_arrays(
    data: Paths, *, progress: Progress | None = None, **settings: Any
) -> dict[str, Any]:
    """Read arrays as `import_arrays` does, write nothing, and propose what is not given.

    Args:
        data: files, as for `import_arrays`.
        progress: called with (samples read, count).
        settings: any arguments of `import_arrays`.

    Returns:
        "arrays": names and shapes; "samples": see `SampleStatistics.summary`; "often": see
        `SampleStatistics.pile_ups`; "conditions": name or key -> range and number of distinct
        values; "left_out": key -> why it is no condition; "guesses": setting -> value and reason
        in words; "settings": arguments of `import_arrays`.

    Raises:
        InputError: as `import_arrays` does, and if nothing can be guessed.
    """
    paths = paths_of(data)
    proposal = _Proposal({key: value for key, value in settings.items() if value})
    with opened_arrays(paths) as arrays:
        known, found = candidates(arrays)
        rows = _propose(proposal, arrays, known, found, paths)
        statistics = _read(rows, proposal, progress)
    if proposal.importer.threshold and "threshold" not in settings:
        _propose_threshold(proposal, statistics)
    return {
        "arrays": _shapes(known, found),
        "samples": {"shape": list(rows.shape[1:]), **statistics.summary()},
        "often": {f"{value:g}": each for value, each in statistics.pile_ups().items()},
        "conditions": {key: column_statistics(each) for key, each in proposal.columns.items()},
        "left_out": proposal.left,
        "guesses": proposal.reasons,
        "settings": {"data": [str(path) for path in paths], **proposal.settings},
    }


def _propose(
    proposal: _Proposal,
    arrays: Arrays,
    known: dict[str, Rows],
    found: Sequence[Candidate],
    paths: Sequence[Path],
) -> Rows:
    """Complete the settings but for the threshold; the samples in their shape."""
    settings, guess = proposal.settings, proposal.guess
    if "samples" not in settings and "" not in arrays.keys:
        text = guessed_samples(found).text
        guess("samples", text, text, "the most values per row")
    text = settings.get("samples", "")
    rows = sample_rows(arrays, text, settings.get("shape", ()))
    keys = chosen(arrays.keys, text)
    homes = [path.parent for path in paths]
    if given := settings.get("conditions"):
        for name, words in given.items():
            proposal.columns[name] = condition_column(name, words, arrays, homes, len(rows))[1]
    else:
        proposal.columns, proposal.left = guessed_conditions(known, keys, len(rows))
    if "domain" not in settings:
        names = [condition_text(k, v, None)[0] for k, v in proposal.columns.items()]
        shape = shape_in_names(keys) or rows.shape[1:]
        name, why = guessed_domain(
            rows, shape, [text, *proposal.columns], given or names, "shape" not in settings
        )
        guess("domain", name, name, why)
    if not given and proposal.columns:
        settings["conditions"] = {}
        for key, column in proposal.columns.items():
            name, words, why = condition_text(key, column, proposal.importer)
            settings["conditions"][name] = words
            proposal.reasons[f"condition {name}"] = f"{words}: {why}"
    if "shape" not in settings:
        shape = proposal.importer.likely_shape(shape_in_names(keys) or rows.shape[1:])
        if shape != rows.shape[1:]:
            why = "by the numbers in the names" if shape_in_names(keys) else "one layer assumed"
            guess("shape", list(shape), ",".join(map(str, shape)), why)
    if "unit" not in settings:
        unit, why = guessed_unit(proposal.importer, text)
        if unit:
            guess("unit", unit, unit, why)
    return sample_rows(arrays, text, settings.get("shape", ()))


def _read(rows: Rows, proposal: _Proposal, progress: Progress | None) -> SampleStatistics:
    """Statistics of all samples, which are checked as an import checks them."""
    statistics, importer, settings = SampleStatistics(), proposal.importer, proposal.settings
    importer.axis_names(rows.shape, settings.get("axes", ()))
    importer.check(rows.shape, list(settings.get("conditions", {})))
    factor, step = importer.factor(settings.get("unit", "")), rows_at_once(rows.shape)
    for first in range(0, len(rows), step):
        last = min(first + step, len(rows))
        values = rows.read(first, last)
        importer.converted(values, factor, 0.0, partial(_place, rows, first))
        statistics.add(values)
        if progress is not None:
            progress(last, len(rows))
    return statistics


def _place(rows: Rows, first: int, row: int) -> str:
    return rows.place(first + row)


def _propose_threshold(proposal: _Proposal, statistics: SampleStatistics) -> None:
    """Name a threshold where deposits span more decades than matter to any sum; cut nothing."""
    if statistics.smallest < 0 or statistics.decades <= MANY_DECADES:
        return
    threshold = statistics.sensible_threshold()
    values, total = statistics.share_below(threshold)
    proposal.reasons["threshold"] = (
        f"none, all is kept: {statistics.decades:.1f} decades; if noise hides small values, "
        f"--threshold {threshold:g} cuts {values:.0%} of them with {total:.1g} of the sum"
    )


def _shapes(known: dict[str, Rows], found: Sequence[Candidate]) -> dict[str, Any]:
    """Names of arrays, of columns alike together -> shape, with the number of columns."""
    return {
        listed(each.keys): {
            "shape": list(known[each.keys[0]].shape),
            **({"arrays": len(each.keys)} if len(each.keys) > 1 else {}),
        }
        for each in found
    }
