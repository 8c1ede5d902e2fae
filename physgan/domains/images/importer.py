"""Requirements on imported arrays of pictures."""

from collections.abc import Sequence

from physgan.domains.importer import Importer
from physgan.errors import InputError

__all__ = ["IMPORTER"]


def _check(shape: tuple[int, ...], conditions: Sequence[str]) -> None:
    if shape[3] > 4:
        raise InputError(
            f"expected pictures (n, row, column, channel) of 1 to 4 channels; got shape {shape}"
        )


IMPORTER = Importer(
    field="intensities",
    long_name="intensity",
    dtype="float32",
    axes=(("row", "column", "channel"),),
    valid=lambda values: (values >= 0) & (values <= 1),
    expected="intensities from 0 to 1",
    check=_check,
    words=("image", "picture", "pixel", "digit"),
)
