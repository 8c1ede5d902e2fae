"""A picture of one sample of a dataset."""

import os
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from physgan.data import open_dataset
from physgan.data.files import write_figure
from physgan.domains import domain_of
from physgan.errors import InputError

__all__ = ["draw_sample"]

_DPI = 130


def draw_sample(
    data: str | os.PathLike[str], number: int, out: str | os.PathLike[str]
) -> dict[str, Any]:
    """Draw a sample of a dataset into a file, with its conditions above it.

    This is the domain's `figure` if it has one, else its `picture`.

    Returns:
        {"picture", "sample", "conditions"}, JSON values.

    Raises:
        InputError: if there is no such sample.
    """
    dataset = open_dataset(data)
    if number >= len(dataset):
        raise InputError(f"expected a sample below {len(dataset)}; got {number}")
    samples, conditions = dataset.read(start=number, stop=number + 1)
    domain = domain_of(dataset.info)
    figure = domain.figure(samples, conditions, 0)
    if figure is None:
        figure = Figure(figsize=(4.0, 4.0), layout="constrained")
        domain.picture(figure.subplots(), samples, 0)
    values = {c.name: float(conditions[c.name][0]) for c in dataset.info.conditions}
    labels = [
        f"{c.long_name or c.name} {values[c.name]:.4g}{'' if c.unit == '1' else ' ' + c.unit}"
        for c in dataset.info.conditions
    ]
    figure.suptitle("\n".join([f"sample {number}", ", ".join(labels)]).strip(), fontsize="medium")
    write_figure(Path(out), figure, _DPI)
    return {"picture": str(out), "sample": number, "conditions": values}
