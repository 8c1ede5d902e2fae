"""Requirements on imported arrays of spins."""

from collections.abc import Sequence

from physgan.domains.importer import Importer
from physgan.errors import InputError

__all__ = ["IMPORTER"]


def _check(shape: tuple[int, ...], conditions: Sequence[str]) -> None:
    """Refuse lattices that are not square, and other conditions than the temperature."""
    if shape[1] != shape[2] or set(conditions) != {"temperature"}:
        raise InputError(
            f"expected square lattices with the condition temperature; got shape {shape} with "
            f"{', '.join(conditions) or 'none'}"
        )


IMPORTER = Importer(
    field="spins",
    long_name="spin",
    dtype="int8",
    axes=(("row", "column"),),
    valid=lambda values: (values == 1) | (values == -1),
    expected="spins of +1 and -1",
    check=_check,
    words=("spin", "lattice"),
)
