"""What is printed where: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

__all__ = [
    "clean",
    "complain",
    "console",
    "debugging",
    "is_terminal",
    "linked",
    "note",
    "plain",
    "say",
    "say_json",
    "say_json_array",
    "show",
]

# C0 and C1 controls, and the characters that turn or break lines: a file name must not be
# able to move the cursor, colour the screen, or show itself as another name.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = str.maketrans(
    {"×": "x", "…": "...", "—": "-", "–": "-", "✓": "ok", "✗": "!!", "→": "->", "█": "#"}
)


def debugging() -> bool:
    """Tell whether errors are to show where they come from."""
    return os.environ.get("LOOKALIKE_DEBUG", "") not in {"", "0"}


def is_terminal(stream: TextIO) -> bool:
    """Tell whether somebody looks at what is written."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def clean(text: str) -> str:
    """Return text that does nothing to a terminal but show itself, on one line.

    Control characters become ``\\xNN`` or ``\\uNNNN``, and so do the bytes of a file name
    that are no UTF-8.
    """
    return _HARMFUL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python holds a byte that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def plain(text: str, stream: TextIO) -> str:
    """Return text with its own ornaments replaced where the stream cannot show them."""
    return text if _speaks_unicode(stream) else text.translate(_PLAIN)


def _speaks_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def say(text: str = "") -> None:
    """Print a line of the result."""
    print(plain(text, sys.stdout))


def note(text: str) -> None:
    """Print a line beside the result."""
    sys.stdout.flush()
    print(plain(text, sys.stderr), file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """Say what went wrong."""
    sys.stdout.flush()
    text = plain("\n".join(clean(line) for line in text.splitlines()), sys.stderr)
    mark = "Error:"
    if is_terminal(sys.stderr) and not os.environ.get("NO_COLOR"):
        mark = f"\x1b[1;31m{mark}\x1b[0m"
    print(f"{mark} {text}", file=sys.stderr, flush=True)


def say_json(value: Any) -> None:
    """Print one JSON value, and nothing else, on standard output."""
    print(_json(value, indent=2))


def say_json_array(values: Iterable[Any]) -> int:
    """Print a JSON array one element a line, as the elements come; return how many."""
    count, before = 0, "["
    for value in values:
        print(before, _json(value), sep="\n", end="")
        count, before = count + 1, ","
    print("\n]" if count else "[]")
    return count


def _json(value: Any, *, indent: int | None = None) -> str:
    ascii_only = not _speaks_unicode(sys.stdout)
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    except ValueError:  # metadata with NaN or infinity, for which JSON has no word
        value = _finite(value)
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    # Bytes of a file name that are no UTF-8: an escape of JSON's own, which Python reads back.
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def console(stream: TextIO) -> Console:
    """Return a Rich console on a stream, with nothing of Rich's guessing about the text."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


def show(renderable: RenderableType) -> None:
    """Print a table or another thing of Rich's on standard output."""
    console(sys.stdout).print(renderable)


def linked(text: str, url: str | None, *, style: str = "") -> Text:
    """Return text that a terminal can follow to a URL; without one where that is not safe."""
    from rich.style import Style
    from rich.text import Text

    safe = url is not None and url.startswith(("https://", "http://", "file://"))
    if safe and url is not None and url.isascii() and url.isprintable() and " " not in url:
        return Text(clean(text), style=Style.parse(style) + Style(link=url))
    return Text(clean(text), style=style)
