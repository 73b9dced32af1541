"""Small pictures in the terminal.

Terminals that speak kitty's graphics protocol, iTerm2's inline images or sixel get the
picture itself; others with enough colours get two pixels in each character cell, as half
blocks. Which it is can only be told by what the terminal says of itself in the environment;
``LOOKALIKE_PREVIEWS`` overrules that.

- kitty: https://sw.kovidgoyal.net/kitty/graphics-protocol/
- iTerm2: https://iterm2.com/documentation-images.html
- sixel: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from PIL import Image
    from rich.text import Text

__all__ = ["PreviewKind", "blocks", "drawing", "preview_kind"]

PreviewKind = Literal["kitty", "iterm", "sixel", "blocks"]

_KITTY_CHUNK = 4096
_SIXEL_COLOURS = 128
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft", "sixel")


def preview_kind(environment: Mapping[str, str], *, colours: int) -> PreviewKind | None:
    """Return how a terminal shows pictures, or None when it cannot.

    ``colours`` is the number of colours that text may have there.
    """
    chosen = environment.get("LOOKALIKE_PREVIEWS", "").lower()
    if chosen:
        return next((kind for kind in get_args(PreviewKind) if kind == chosen), None)
    term = environment.get("TERM", "")
    program = environment.get("TERM_PROGRAM", "")
    # Multiplexers swallow the protocols of the terminal behind them.
    if not (environment.get("TMUX") or environment.get("STY")):
        if environment.get("KITTY_WINDOW_ID") or "kitty" in term or "ghostty" in (term + program):
            return "kitty"
        if program in {"iTerm.app", "WezTerm"}:
            return "iterm"
        if any(name in term for name in _SIXEL_TERMS) or program in {"mintty", "contour"}:
            return "sixel"
    return "blocks" if colours >= 256 else None


def drawing(jpeg: bytes, kind: PreviewKind, *, columns: int, rows: int) -> str:
    """Return the characters that draw a JPEG at the cursor, in ``columns`` × ``rows`` cells.

    For every kind but blocks. A cell is taken to be twice as high as wide, ten pixels wide
    where the protocol counts in pixels.
    """
    image = _open(jpeg)
    scale = min(columns / image.width, 2 * rows / image.height)
    if kind == "sixel":
        size = (max(1, round(image.width * scale * 10)), max(1, round(image.height * scale * 10)))
        return _sixel(image.resize(size))
    # The protocol scales to one of the two sizes and keeps the shape by the other.
    wide = columns / image.width < 2 * rows / image.height
    if kind == "iterm":
        size_key = f"width={columns}" if wide else f"height={rows}"
        data = base64.standard_b64encode(jpeg).decode("ascii")
        return f"\x1b]1337;File=inline=1;size={len(jpeg)};{size_key}:{data}\x07"
    return _kitty(image, f"c={columns}" if wide else f"r={rows}")


def _kitty(image: Image.Image, size_key: str) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    data = base64.standard_b64encode(stream.getvalue()).decode("ascii")
    parts = [data[start : start + _KITTY_CHUNK] for start in range(0, len(data), _KITTY_CHUNK)]
    text = ""
    for number, part in enumerate(parts):
        # a=T shows at once, f=100 is PNG, q=2 wants no answer, C=1 leaves the cursor there.
        keys = f"a=T,f=100,q=2,C=1,{size_key}," if number == 0 else ""
        text += f"\x1b_G{keys}m={int(number < len(parts) - 1)};{part}\x1b\\"
    return text


def _sixel(image: Image.Image) -> str:
    """Return a picture as sixels: bands of six rows, each drawn once for each of its colours."""
    import numpy as np

    indexed = image.quantize(_SIXEL_COLOURS)
    palette = indexed.getpalette() or []
    pixels = np.asarray(indexed)
    height, width = pixels.shape
    parts = [f'\x1bP0;1q"1;1;{width};{height}']
    for colour in range(len(palette) // 3):
        percents = [round(value / 255 * 100) for value in palette[3 * colour : 3 * colour + 3]]
        parts.append(f"#{colour};2;" + ";".join(map(str, percents)))
    for top in range(0, height, 6):
        band = pixels[top : top + 6]
        weights = (1 << np.arange(len(band)))[:, None]
        for colour in np.unique(band):
            codes = ((band == colour) * weights).sum(axis=0) + 63
            parts.append(f"#{colour}{_shortened(bytes(codes.astype(np.uint8)).decode('ascii'))}$")
        parts.append("-")
    parts.append("\x1b\\")
    return "".join(parts)


def _shortened(text: str) -> str:
    """Return sixels with runs of four and more written as a count."""
    import re

    return re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", text)


def blocks(jpeg: bytes, *, columns: int, rows: int) -> Text:
    """Return a picture as upper half blocks, at most ``columns`` × ``rows`` cells large."""
    import numpy as np
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    image = _open(jpeg)
    scale = min(columns / image.width, 2 * rows / image.height)
    width = max(1, round(image.width * scale))
    height = max(1, round(image.height * scale / 2))
    pixels = np.asarray(image.resize((width, 2 * height)))
    text = Text()
    for y in range(height):
        for x in range(width):
            above, below = pixels[2 * y, x].tolist(), pixels[2 * y + 1, x].tolist()
            style = Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
            text.append("▀", style)
        if y < height - 1:
            text.append("\n")
    return text


def _open(jpeg: bytes) -> Image.Image:
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as opened:
        return opened.convert("RGB")
