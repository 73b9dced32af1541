"""What is printed where: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["clean", "complain", "err", "note", "out", "print_json", "wants_previews"]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@cache
def out() -> Console:
    """Return the console of standard output; piped, its lines are never cut or wrapped."""
    return _console(sys.stdout)


@cache
def err() -> Console:
    """Return the console of standard error."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:
    from rich.console import Console

    terminal = stream.isatty()
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not terminal,
        width=None if terminal else 10_000,
    )


def clean(text: str) -> str:
    """Return text that does nothing to a terminal but show: no control characters."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def note(text: str) -> None:
    """Say something beside the results."""
    err().print(clean(text))


def complain(text: str, *, mark: bool = True) -> None:
    """Say what went wrong."""
    from rich.text import Text

    line = Text(clean(text))
    err().print(Text("Error: ", style="bold red") + line if mark else line)


def print_json(value: Any) -> None:
    """Print one JSON value and nothing else on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))
    sys.stdout.write("\n")


def wants_previews(choice: bool | None) -> bool:
    """Tell whether small pictures are to be shown between the lines."""
    if choice is not None:
        return choice
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
