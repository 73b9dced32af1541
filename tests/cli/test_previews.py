"""Small pictures in the terminal: which way, and that the way's own rules are kept."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from lookalike.cli.previews import blocks, drawing, preview_kind

TRUE = 1 << 24


def jpeg(width: int = 120, height: int = 80) -> bytes:
    """Return a JPEG whose left half is red and whose right half is blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 255
    pixels[:, width // 2 :, 2] = 255
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=100, subsampling=0)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("environment", "colours", "kind"),
    [
        ({"TERM": "xterm-kitty"}, TRUE, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, TRUE, "kitty"),
        ({"TERM": "xterm-ghostty"}, TRUE, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, TRUE, "iterm"),
        ({"TERM_PROGRAM": "WezTerm"}, TRUE, "iterm"),
        ({"TERM": "foot"}, TRUE, "sixel"),
        ({"TERM": "mlterm"}, 256, "sixel"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, TRUE, "blocks"),
        ({"TERM": "xterm-256color"}, 256, "blocks"),
        ({"TERM": "xterm"}, 16, None),
        ({"TERM": "xterm-kitty", "LOOKALIKE_PREVIEWS": "sixel"}, TRUE, "sixel"),
        ({"TERM": "xterm-kitty", "LOOKALIKE_PREVIEWS": "none"}, TRUE, None),
    ],
)
def test_the_kind_is_told_by_the_environment(
    environment: dict[str, str], colours: int, kind: str | None
) -> None:
    assert preview_kind(environment, colours=colours) == kind


def test_kitty_gets_a_png_in_small_pieces() -> None:
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", drawing(jpeg(), "kitty", **CELLS))
    assert all(len(data) <= 4096 for _, data in pieces)
    assert [keys.rpartition("m=")[2] for keys, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    assert pieces[0][0].startswith("a=T,f=100,")
    png = base64.b64decode("".join(data for _, data in pieces))
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.size) == ("PNG", (120, 80))


CELLS = {"columns": 20, "rows": 8}


@pytest.mark.parametrize(("size", "key"), [((120, 30), "c=20"), ((30, 120), "r=8")])
def test_kitty_is_told_the_side_that_bounds(size: tuple[int, int], key: str) -> None:
    assert f",{key}," in drawing(jpeg(*size), "kitty", **CELLS)


def test_iterm_gets_the_file_itself() -> None:
    data = jpeg()
    match = re.fullmatch(
        r"\x1b]1337;File=inline=1;size=(\d+);(width|height)=\d+:([^\x07]*)\x07",
        drawing(data, "iterm", **CELLS),
    )
    assert match is not None
    assert int(match[1]) == len(data)
    assert base64.b64decode(match[3]) == data


def test_sixels_draw_the_picture() -> None:
    pixels = decode_sixels(drawing(jpeg(), "sixel", **CELLS))
    assert pixels.shape == (133, 200, 3)  # 20 cells of 10 pixels wide, in the shape 3:2
    left, right = pixels[:, :95].reshape(-1, 3), pixels[:, 105:].reshape(-1, 3)
    assert np.abs(left.mean(axis=0) - (255, 0, 0)).max() < 6
    assert np.abs(right.mean(axis=0) - (0, 0, 255)).max() < 6


def decode_sixels(text: str) -> np.ndarray:
    """Return the pixels of a sixel picture, read one character at a time."""
    match = re.fullmatch(r'\x1bP[\d;]*q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert match is not None
    width, height = int(match[1]), int(match[2])
    pixels = np.full((height + 6, width, 3), -1)
    palette: dict[int, tuple[int, ...]] = {}
    colour = x = y = 0
    for token in re.findall(r"#\d+(?:;2;\d+;\d+;\d+)?|!\d+[?-~]|[?-~]|[$-]", match[3]):
        if token == "$":
            x = 0
        elif token == "-":
            x, y = 0, y + 6
        elif token.startswith("#"):
            number, *rgb = token[1:].split(";")
            colour = int(number)
            if rgb:
                palette[colour] = tuple(round(int(value) * 2.55) for value in rgb[1:])
        else:
            count = int(token[1:-1]) if token.startswith("!") else 1
            for bit in range(6):
                if (ord(token[-1]) - 63) >> bit & 1:
                    pixels[y + bit, x : x + count] = palette[colour]
            x += count
    assert (pixels[:height] >= 0).all()
    return pixels[:height]


@pytest.mark.parametrize("size", [(120, 80), (80, 120), (1, 400), (400, 1)])
def test_blocks_fit_their_cells(size: tuple[int, int]) -> None:
    text = blocks(jpeg(*size), columns=20, rows=8)
    lines = text.plain.split("\n")
    assert 1 <= len(lines) <= 8
    assert {len(line) for line in lines} == {len(lines[0])}
    assert 1 <= len(lines[0]) <= 20
    assert set(text.plain) <= {"▀", "\n"}


def test_blocks_have_the_colours_of_the_picture() -> None:
    text = blocks(jpeg(), columns=20, rows=8)
    first, last = text.spans[0].style, text.spans[19].style
    assert tuple(first.color.triplet) == pytest.approx((254, 0, 0), abs=6)  # type: ignore[union-attr, arg-type]
    assert tuple(last.bgcolor.triplet) == pytest.approx((0, 0, 254), abs=6)  # type: ignore[union-attr, arg-type]
