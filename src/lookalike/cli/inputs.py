"""Read a picture that was named on the command line, where ``-`` is standard input."""

from __future__ import annotations

import sys

from lookalike.errors import ImageTooLargeError, UsageError
from lookalike.settings import Settings

__all__ = ["read_input"]


def read_input(name: str, settings: Settings) -> str | bytes:
    """Return the name, or the bytes of standard input when it is ``-``.

    Raises:
        UsageError: nothing is piped in.
        ImageTooLargeError: more is piped in than the settings allow.
    """
    if name != "-":
        return name
    if sys.stdin.isatty():
        raise UsageError(
            "- reads a picture from standard input, and that is a terminal. "
            "Pipe one in: lookalike search - < picture.jpg"
        )
    data = sys.stdin.buffer.read(settings.max_bytes + 1)
    if len(data) > settings.max_bytes:
        raise ImageTooLargeError(
            f"Standard input holds more than {settings.max_bytes:,} bytes, which is the limit."
        )
    if not data:
        raise UsageError("Standard input is empty; expected a picture.")
    return data
