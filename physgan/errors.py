"""All exceptions of physgan; a message is one line: expected X; got Y; do Z."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "CertificateWarning",
    "InputError",
    "PhysganError",
    "VerificationError",
    "nearest",
    "one_line",
]

_MOST_CHARACTERS = 1000


class PhysganError(Exception):
    """Anything physgan refuses or fails to do; its message is one line, see `one_line`."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class InputError(PhysganError, ValueError):
    """What the user asked for or passed in cannot be used."""


class VerificationError(PhysganError):
    """Stored data are not what was written: truncated, altered or missing."""


class CertificateWarning(UserWarning):
    """A surrogate is sampled where it failed, or was not judged."""


def one_line(text: str, most: int = _MOST_CHARACTERS) -> str:
    """A text as one line for a terminal, whatever a file's names and attributes put into it.

    Control characters are written as escapes, and the middle of a long text is left out.
    """
    if len(text) > most:
        text = f"{text[: 2 * most // 3]} ... {text[-most // 3 :]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def nearest(word: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown word: "; did you mean X?", "" if no name is close."""
    close = get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]}?" if close else ""
