"""Guesses at the arguments of an import from names, shapes and values."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from math import prod
from typing import NamedTuple

import numpy as np

from physgan.data.arrays import Arrays, Rows
from physgan.data.arrays.keys import numbers_in, pattern
from physgan.domains import DOMAINS, Importer
from physgan.errors import InputError
from simulators.units import unit_in_name

__all__ = [
    "Candidate",
    "candidates",
    "condition_text",
    "guessed_conditions",
    "guessed_domain",
    "guessed_samples",
    "guessed_unit",
    "shape_in_names",
]

_FIRST_ROWS = 1000
_LOG_RATIO = 30.0
_COLUMNS = 8


class Candidate(NamedTuple):
    """An array, or many columns side by side, that may be the samples.

    Attributes:
        text: what `--samples` would say.
        keys: of its arrays.
        entries: values per row.
    """

    text: str
    keys: tuple[str, ...]
    entries: int


def candidates(arrays: Arrays) -> tuple[dict[str, Rows], list[Candidate]]:
    """All arrays of numbers by key, and what may be the samples.

    Four columns or more whose names differ in their numbers only are taken together.
    """
    known: dict[str, Rows] = {}
    for key in arrays.keys:
        try:
            known[key] = arrays.rows(key)
        except InputError:
            continue
    alike = defaultdict(list)
    for key, rows in known.items():
        alike[pattern(key), rows.shape].append(key)
    found = []
    for (name, shape), keys in alike.items():
        if len(keys) > 3:
            entries = len(keys) * prod(shape[1:])
            found.append(Candidate(_choice(name, keys, list(known)), tuple(keys), entries))
        else:
            found += [Candidate(key, (key,), prod(shape[1:])) for key in keys]
    return known, found


def _choice(name: str, keys: Sequence[str], others: Sequence[str]) -> str:
    glob = name.replace("#", "*")
    same = [key for key in others if fnmatchcase(key, glob)] == list(keys)
    return glob if same else f"{keys[0]}:{keys[-1]}"


def guessed_samples(found: Sequence[Candidate]) -> Candidate:
    """The candidate with most values per row.

    Raises:
        InputError: if every array has one value per row.
    """
    best = max(found, key=lambda candidate: candidate.entries, default=None)
    if best is None or best.entries == 1:
        raise InputError(
            "expected an array with several values per sample, or columns such as cell_0, cell_1; "
            "got neither; name the columns with --samples"
        )
    return best


def guessed_conditions(
    known: Mapping[str, Rows], used: Sequence[str], count: int
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Arrays with one number per sample that may be conditions, and why others are not.

    Args:
        known: all arrays.
        used: keys of the samples.
        count: number of samples.

    Returns:
        ({key: values (count,)}, {key: reason}).
    """
    values: dict[str, np.ndarray] = {}
    left: dict[str, str] = {}
    for key, rows in known.items():
        if key in used:
            continue
        shape = rows.shape
        width = shape[1] if len(shape) == 2 else 1
        if shape[0] != count or len(shape) > 2 or width > _COLUMNS:
            left[key] = f"shape {shape}, not one number per sample"
            continue
        table = np.asarray(rows.read(0, count), np.float64).reshape(count, width)
        for number in range(width):
            name, column = (f"{key}[{number}]" if width > 1 else key), table[:, number]
            if reason := _no_condition(column):
                left[name] = reason
            else:
                values[name] = column
    return values, left


def _no_condition(values: np.ndarray) -> str:
    if not np.isfinite(values).all():
        return "has NaN or infinity"
    if (values == values[0]).all():
        return f"always {values[0]:g}"
    if len(values) > 2 and (np.diff(values) == 1).all():
        return "a running number"
    return ""


def condition_text(key: str, values: np.ndarray, importer: Importer | None) -> tuple[str, str, str]:
    """Name of a condition, "key:unit" or "key:unit:log", and how the unit was found.

    The unit is that at the end of the key. Without one an energy is taken to be in the domain's
    unit, other quantities to have none.
    """
    name = re.sub(r"\W+", "_", key.rpartition("/")[2]).strip("_").lower()
    unit = unit_in_name(name)
    why = "unit by its name"
    if not unit and importer and importer.units and "energ" in name:
        unit, why = importer.unit, "unit assumed"
        name = f"{name}_{unit.lower()}"
    low, high = float(values.min()), float(values.max())
    log = low > 0 and high > _LOG_RATIO * low and np.median(values) < (low + high) / 4
    text = f"{key}:{unit or 1}{':log' if log else ''}"
    return name, text, why if unit else "no unit known, so 1"


def shape_in_names(keys: Sequence[str]) -> tuple[int, ...]:
    """(8, 16) for columns adc_0_0 to adc_7_15; () if the names have no two or more indices."""
    indices = np.array([numbers_in(key) for key in keys])
    if len(set(map(pattern, keys))) != 1 or indices.ndim != 2 or indices.shape[1] < 2:
        return ()
    lengths = tuple(len(set(column)) for column in indices.T.tolist())
    return lengths if prod(lengths) == len(keys) else ()


def guessed_domain(
    rows: Rows,
    shape: tuple[int, ...],
    names: Sequence[str],
    conditions: Sequence[str],
    reshape: bool,
) -> tuple[str, str]:
    """The domain that fits the samples' shape, values and names, and why.

    Args:
        rows: the samples.
        shape: of one sample.
        names: of the samples and of the conditions, in the file.
        conditions: their names in the dataset.
        reshape: whether the samples may be given another shape.

    Raises:
        InputError: if none fits.
    """
    first = rows.read(0, min(_FIRST_ROWS, len(rows)))
    fitting = [
        (name, kind.importer)
        for name, kind in DOMAINS.items()
        if kind.importer and _fits(kind.importer, first, shape, conditions, reshape)
    ]
    text = " ".join(names).lower()
    for name, importer in fitting:
        if word := next((word for word in importer.words if word in text), ""):
            return name, f"a name has {word!r}"
    for name, importer in [*(f for f in fitting if not f[1].words), *fitting]:
        return name, "of any kind" if not importer.words else "the shape and the values fit"
    raise InputError(
        f"expected samples of a domain ({', '.join(DOMAINS)}); none fits shape {shape} with "
        f"{', '.join(conditions) or 'no conditions'}; give --domain, and --shape"
    )


def _fits(
    importer: Importer,
    first: np.ndarray,
    shape: tuple[int, ...],
    conditions: Sequence[str],
    reshape: bool,
) -> bool:
    whole = (len(first), *(importer.likely_shape(shape) if reshape else shape))
    try:
        importer.axis_names(whole, ())
        importer.check(whole, list(conditions))
    except InputError:
        return False
    return bool(importer.valid(first).all())


def guessed_unit(importer: Importer, key: str) -> tuple[str, str]:
    """Unit of the samples, and why; "" where any will do."""
    if importer.units is None:
        return "", ""
    unit = unit_in_name(re.sub(r"\W+", "_", key).strip("_").lower())
    if unit in importer.units:
        return unit, "by the name of the samples"
    return importer.unit, f"assumed, of {', '.join(importer.units)}"
