"""All exceptions of physgan; a message is one line: expected X; got Y; do Z."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["CertificateWarning", "InputError", "PhysganError", "VerificationError", "nearest"]


class PhysganError(Exception):
    """Anything physgan refuses or fails to do; its message is one line."""


class InputError(PhysganError, ValueError):
    """What the user asked for or passed in cannot be used."""


class VerificationError(PhysganError):
    """Stored data are not what was written: truncated, altered or missing."""


class CertificateWarning(UserWarning):
    """A surrogate is sampled where it failed, or was not judged."""


def nearest(word: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown word: "; did you mean X?", "" if no name is close."""
    close = get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]}?" if close else ""
