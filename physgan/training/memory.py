"""Memory that compilation leaves behind."""

import ctypes

__all__ = ["return_freed_memory"]


def return_freed_memory() -> None:
    """Give memory that the compiler has freed back to the operating system, with glibc only.

    The C library keeps it otherwise: 0.7 GB after the training step of 150 cells.
    """
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return
