"""The one family of exceptions; a message is one line: expected X; got Y; do Z."""

__all__ = ["InputError", "PhysganError", "VerificationError"]


class PhysganError(Exception):
    """Anything physgan refuses or fails to do; its message is one line."""


class InputError(PhysganError, ValueError):
    """What the user asked for or passed in cannot be used."""


class VerificationError(PhysganError):
    """Stored data are not what was written: truncated, altered or missing."""
