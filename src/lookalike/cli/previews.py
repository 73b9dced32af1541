"""Small pictures in the terminal.

Terminals that speak kitty's or iTerm2's protocol get the picture itself; others with
24-bit colour get two pixels in each character cell, as upper half blocks.
"""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Mapping
from typing import Literal

__all__ = ["Protocol", "protocol", "render"]

Protocol = Literal["kitty", "iterm", "blocks"]
_CHUNK = 4096


def protocol(environment: Mapping[str, str] | None = None) -> Protocol | None:
    """Return how the terminal shows pictures, told by what it says of itself; None if not."""
    known = os.environ if environment is None else environment
    program = known.get("TERM_PROGRAM", "")
    if known.get("TMUX") or known.get("STY"):
        pass  # multiplexers swallow the protocols of the terminal behind them
    elif "kitty" in known.get("TERM", "") or known.get("KITTY_WINDOW_ID") or program == "ghostty":
        return "kitty"
    elif program in {"iTerm.app", "WezTerm"}:
        return "iterm"
    if known.get("NO_COLOR"):
        return None
    if known.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        return "blocks" if encoding.startswith("utf") else None
    return None


def render(jpeg: bytes, how: Protocol, *, columns: int = 24, rows: int = 8) -> str:
    """Return the characters that show a JPEG in at most ``columns`` × ``rows`` cells."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as opened:
        image = opened.convert("RGB")
    if how == "blocks":
        return _blocks(image, columns, rows)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    data = base64.standard_b64encode(stream.getvalue()).decode("ascii")
    if how == "iterm":
        size = len(stream.getvalue())
        return f"\x1b]1337;File=inline=1;size={size};height={rows}:{data}\x07"
    parts = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    text = ""
    for number, part in enumerate(parts):
        keys = f"a=T,f=100,r={rows}," if number == 0 else ""
        more = int(number < len(parts) - 1)
        text += f"\x1b_G{keys}m={more};{part}\x1b\\"
    return text


def _blocks(image, columns: int, rows: int) -> str:  # type: ignore[no-untyped-def]
    scale = min(columns / image.width, rows * 2 / image.height)
    width = max(1, round(image.width * scale))
    height = max(2, round(image.height * scale / 2) * 2)
    pixels = image.resize((width, height)).load()
    lines = []
    for y in range(0, height, 2):
        cells = []
        for x in range(width):
            above, below = pixels[x, y], pixels[x, y + 1]
            cells.append(
                f"\x1b[38;2;{above[0]};{above[1]};{above[2]}m"
                f"\x1b[48;2;{below[0]};{below[1]};{below[2]}m▀"
            )
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)
