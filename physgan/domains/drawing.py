"""Pictures of samples: side by side, or one in more detail."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from physgan.domains import Conditions, Described, Samples, domain_of
from physgan.domains.figures import NotebookFigure, share_colours
from physgan.errors import InputError
from simulators.protocol import Condition

__all__ = ["draw_samples"]

_MOST, _COLUMNS = 64, 4
_SIDE = 2.6


def draw_samples(
    source: Described,
    samples: Samples,
    conditions: Conditions,
    count: int,
    first: int | None = None,
) -> Any:
    """Draw samples side by side with their conditions above them.

    One alone is the domain's `figure`, if it has one; all others are its `picture`. Pictures beside
    each other share a scale of colours where the domain has one.

    Args:
        source: of the samples.
        samples: field name -> shape (n, ...).
        conditions: of these samples, name -> shape (n,).
        count: how many were asked for.
        first: number of the first one, if they are numbered.

    Returns:
        A matplotlib figure.

    Raises:
        InputError: if not 1 to 64 were asked for.
    """
    if not 1 <= count <= _MOST:
        raise InputError(f"expected 1 to {_MOST} samples to draw; got {count}")
    domain = domain_of(source)
    number = len(samples[domain.field])
    names = ["" if first is None else f"sample {first + n}" for n in range(number)]
    values = [_values(source.conditions, conditions, n) for n in range(number)]
    if number == 1:
        figure = domain.figure(samples, conditions, 0)
        if figure is None:
            figure = NotebookFigure(figsize=(4.0, 4.0), layout="constrained")
            domain.picture(figure.subplots(), samples, 0)
        figure.suptitle("\n".join([*names, ", ".join(values[0])]).strip(), fontsize="medium")
        return figure
    columns = min(number, _COLUMNS)
    rows = math.ceil(number / columns)
    figure = NotebookFigure(figsize=(columns * _SIDE, rows * _SIDE), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for index, panel in enumerate(panels):
        if index >= number:
            panel.set_visible(False)
            continue
        domain.picture(panel, samples, index)
        panel.set_title("\n".join([names[index], *values[index]]).strip(), fontsize="x-small")
    image = share_colours(list(panels[:number])) if domain.picture_unit else None
    if image is not None:
        figure.colorbar(image, ax=list(panels), label=domain.picture_unit)
    return figure


def _values(schema: Sequence[Condition], conditions: Conditions, index: int) -> list[str]:
    """Conditions of one sample, such as "temperature 2.269 J/k_B"."""
    return [
        f"{c.long_name or c.name} {np.asarray(conditions[c.name])[index]:.4g}"
        + ("" if c.unit == "1" else f" {c.unit}")
        for c in schema
    ]
