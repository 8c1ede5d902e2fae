"""How much memory a file may take: small files that become gigabytes are refused unread."""

from physgan.errors import InputError

__all__ = ["GROWTH", "SMALL_BYTES", "check_growth"]

SMALL_BYTES = 2**28
"""What any file may become in memory."""

GROWTH = 100
"""What a larger one may become, times its size. Measured data rarely shrink twentyfold."""


def check_growth(becomes: int, stored: int, where: str) -> None:
    """Refuse what would take much more memory than the file takes on the disk.

    Args:
        becomes: bytes in memory.
        stored: bytes of the file.
        where: name for the message.

    Raises:
        InputError: for more than `SMALL_BYTES` and `GROWTH` times the file.
    """
    if becomes > max(SMALL_BYTES, GROWTH * stored):
        raise InputError(
            f"expected at most {SMALL_BYTES} bytes in memory, or {GROWTH} times the file's "
            f"{stored}; got {becomes} in {where}; store it without compression"
        )
