"""A picture of one sample of a dataset."""

import os
from pathlib import Path
from typing import Any

from physgan.data import open_dataset
from physgan.data.files import write_figure

__all__ = ["draw_sample"]

_DPI = 130


def draw_sample(
    data: str | os.PathLike[str], number: int, out: str | os.PathLike[str]
) -> dict[str, Any]:
    """Draw a sample of a dataset into a file, with its conditions above it.

    Returns:
        {"picture", "sample", "conditions"}, JSON values.

    Raises:
        InputError: if there is no such sample.
    """
    dataset = open_dataset(data)
    write_figure(Path(out), dataset.show(1, start=number), _DPI)
    _, conditions = dataset.read(start=number, stop=number + 1)
    values = {name: float(value[0]) for name, value in conditions.items()}
    return {"picture": str(out), "sample": number, "conditions": values}
