"""What people put over a picture, or around it.

Each function takes pixels, uint8 of shape (rows, columns, 3), and returns as many. ``strength``
is 1 for the usual amount, 0 for next to nothing, at most 2.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = ["cutout", "draw_scene", "overlay_picture", "overlay_text", "write"]

_LETTERS = np.array(list("ABCDEFGHIJKLMNOPRSTUVWabcdefghijklmnoprstuvwz0123456789!?&%"))
_LARGEST_CUT = 0.35
_LARGEST_INSET = 0.4
_SMALLEST_INNER = 0.5
_FONT_STEP = 4


def write(
    image: Image.Image,
    text: str,
    place: tuple[float, float],
    *,
    height: float,
    colour: tuple[int, int, int],
    bar: tuple[int, int, int] | None = None,
) -> None:
    """Write a line of text into an RGB picture.

    Args:
        image: the picture, changed in place.
        text: what to write.
        place: x and y of its left middle, in pixels.
        height: of the letters, in pixels.
        colour: of the letters, RGB.
        bar: the colour of a bar across the picture behind the text, or None for none.
    """
    draw = ImageDraw.Draw(image)
    if bar is not None:
        top, bottom = place[1] - 0.8 * height, place[1] + 0.8 * height
        draw.rectangle((0, top, image.width, bottom), fill=bar)
    draw.text(place, text, fill=colour, font=_font(height), anchor="lm")


def draw_scene(size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """Draw a strange picture of ``size`` (width, height): soft fields of colour, like a blur."""
    columns, rows = random.integers(2, 6, 2)
    middle, spread = random.uniform(40.0, 215.0, 3), random.uniform(10.0, 60.0)
    colours = middle + spread * random.standard_normal((rows, columns, 3))
    fields = Image.fromarray(np.clip(colours, 0.0, 255.0).astype(np.uint8))
    return fields.resize(size, Image.Resampling.BICUBIC)


def overlay_text(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Write one to three lines of random letters, of up to 15 % of the height each."""
    image = Image.fromarray(pixels)
    rows, columns = pixels.shape[:2]
    for _ in range(random.integers(1, 4)):
        height = max(4.0, rows * random.uniform(0.05, 0.05 + 0.1 * strength))
        text = _words(random)
        colours = random.integers(0, 256, (2, 3))
        if random.random() < 0.5:
            colours = np.array([[255, 255, 255], [0, 0, 0]])[random.permutation(2)]
        bar = _rgb(colours[1]) if random.random() < 0.3 * strength else None
        place = (random.uniform(-0.1, 0.6) * columns, random.uniform(0.05, 0.95) * rows)
        write(image, text, place, height=height, colour=_rgb(colours[0]), bar=bar)
    return np.asarray(image)


def overlay_picture(
    pixels: Pixels,
    random: np.random.Generator,
    strength: float = 1.0,
    *,
    other: Pixels | None = None,
) -> Pixels:
    """Lay a strange picture into a corner of this one, or this one upon a strange picture.

    Args:
        pixels: the picture.
        random: where the chances come from.
        strength: how large the strange one is: up to 40 % of each side when laid upon, or
            half the background when laid under.
        other: the strange picture, uint8 of shape (any, any, 3); soft colours when None.
    """
    rows, columns = pixels.shape[:2]
    upon = random.random() < 0.5
    if upon:
        share = random.uniform(0.1, max(0.1, min(0.8, _LARGEST_INSET * strength)))
    else:
        share = random.uniform(max(0.3, 1.0 - (1.0 - _SMALLEST_INNER) * strength), 1.0)
    size = (max(1, round(columns * share)), max(1, round(rows * share)))
    full = (columns, rows)
    mine, over = Image.fromarray(pixels), size if upon else full
    strange = draw_scene(over, random) if other is None else _resized(Image.fromarray(other), over)
    below, above = (mine, strange) if upon else (strange, _resized(mine, size))
    place = random.uniform(0.0, 1.0, 2) * (columns - size[0], rows - size[1])
    below.paste(above, (round(place[0]), round(place[1])))
    return np.asarray(below)


def cutout(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Cover a rectangle of up to 35 % of each side with one colour.

    DeVries and Taylor (2017, "Improved Regularization of Convolutional Neural Networks with
    Cutout"), with sides of any ratio.
    """
    rows, columns = pixels.shape[:2]
    share = random.uniform(0.1, max(0.1, min(0.8, _LARGEST_CUT * strength)), 2)
    high, wide = max(1, round(rows * share[0])), max(1, round(columns * share[1]))
    top, left = random.integers(0, rows - high + 1), random.integers(0, columns - wide + 1)
    covered = pixels.copy()
    covered[top : top + high, left : left + wide] = random.integers(0, 256, 3)
    return covered


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _words(random: np.random.Generator) -> str:
    lengths = random.integers(2, 9, random.integers(1, 4))
    letters = "".join(random.choice(_LETTERS, lengths.sum()).tolist())
    ends = np.cumsum(lengths).tolist()
    starts = [0, *ends[:-1]]
    return " ".join(letters[start:end] for start, end in zip(starts, ends, strict=True))


def _rgb(colour: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> tuple[int, int, int]:
    red, green, blue = colour.tolist()
    return red, green, blue


def _font(height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return _font_of_size(max(_FONT_STEP, round(1.3 * height / _FONT_STEP) * _FONT_STEP))


@lru_cache(maxsize=64)
def _font_of_size(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
