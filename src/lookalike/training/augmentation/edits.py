"""Ordinary edits of pictures, always the same, to measure how well copies are found.

Figures of different runs can be compared as long as :data:`EDITS_VERSION` is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .colour import apply_matrix, blurred, grey_matrix, through_jpeg
from .overlay import draw_scene, write
from .steps import View, render

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = ["EDITS", "EDITS_VERSION"]

EDITS_VERSION = 1
_SEED = 20
_NOISE = 20.0


def _crop_70(pixels: Pixels) -> Pixels:
    """Keep 70 % of each side, around a point a little to the upper left of the middle."""
    rows, columns = pixels.shape[:2]
    high, wide = max(1, round(0.7 * rows)), max(1, round(0.7 * columns))
    top, left = (rows - high) // 3, (columns - wide) // 3
    return pixels[top : top + high, left : left + wide].copy()


def _jpeg_20(pixels: Pixels) -> Pixels:
    return through_jpeg(pixels, 20)


def _blur_2(pixels: Pixels) -> Pixels:
    """Blur by 2 pixels of a picture whose shorter side has 224."""
    radius = 2.0 * min(pixels.shape[:2]) / 224
    return np.asarray(blurred(Image.fromarray(pixels), radius))


def _rotate_10(pixels: Pixels) -> Pixels:
    size = (pixels.shape[1], pixels.shape[0])
    view = replace(View.whole(size), angle=10.0)
    return np.asarray(render(Image.fromarray(pixels), view, size, fill=0))


def _greyscale(pixels: Pixels) -> Pixels:
    return np.asarray(apply_matrix(Image.fromarray(pixels), grey_matrix()))


def _table(pixels: Pixels, gain: float, offset: float) -> Pixels:
    values = np.clip(np.arange(256) * gain + offset, 0, 255).round().astype(np.uint8)
    changed: Pixels = values[pixels]
    return changed


def _brighter(pixels: Pixels) -> Pixels:
    return _table(pixels, 1.4, 10.0)


def _darker(pixels: Pixels) -> Pixels:
    return _table(pixels, 0.55, 0.0)


def _contrast(pixels: Pixels) -> Pixels:
    return _table(pixels, 1.6, -76.5)


def _text(pixels: Pixels) -> Pixels:
    """Write one line on a bar at the lower edge and one across the middle."""
    image = Image.fromarray(pixels)
    rows, columns = pixels.shape[:2]
    white, black = (255, 255, 255), (0, 0, 0)
    height = max(4.0, 0.08 * min(rows, columns))
    low, middle = (0.05 * columns, 0.9 * rows), (0.15 * columns, 0.45 * rows)
    write(image, "Look at this!", low, height=height, colour=white, bar=black)
    write(image, "SALE 50%", middle, height=1.8 * height, colour=(255, 230, 0))
    return np.asarray(image)


def _picture_in_picture(pixels: Pixels) -> Pixels:
    """Lay the picture, at 60 % of each side, upon soft colours."""
    size = (pixels.shape[1], pixels.shape[0])
    inner = (max(1, round(0.6 * size[0])), max(1, round(0.6 * size[1])))
    below = draw_scene(size, np.random.default_rng(_SEED))
    small = Image.fromarray(pixels).resize(inner, Image.Resampling.BILINEAR)
    below.paste(small, (round(0.3 * (size[0] - inner[0])), round(0.6 * (size[1] - inner[1]))))
    return np.asarray(below)


def _flip(pixels: Pixels) -> Pixels:
    return pixels[:, ::-1].copy()


def _downscale_4(pixels: Pixels) -> Pixels:
    """Make the picture a quarter as wide and high, and large again."""
    image = Image.fromarray(pixels)
    small = image.resize((max(1, image.width // 4), max(1, image.height // 4)))
    return np.asarray(small.resize(image.size))


def _letterbox(pixels: Pixels) -> Pixels:
    """Add black bars above and below of a quarter of the height each."""
    bar = max(1, pixels.shape[0] // 4)
    return np.pad(pixels, ((bar, bar), (0, 0), (0, 0)))


def _noise(pixels: Pixels) -> Pixels:
    """Add Gaussian noise of a standard deviation of 20."""
    noise = np.random.default_rng(_SEED).normal(0.0, _NOISE, pixels.shape)
    changed: Pixels = np.clip(pixels + noise, 0, 255).round().astype(np.uint8)
    return changed


EDITS: Mapping[str, Callable[[Pixels], Pixels]] = MappingProxyType(
    {
        "crop_70": _crop_70,
        "jpeg_20": _jpeg_20,
        "blur_2": _blur_2,
        "rotate_10": _rotate_10,
        "greyscale": _greyscale,
        "brighter": _brighter,
        "darker": _darker,
        "contrast": _contrast,
        "text": _text,
        "picture_in_picture": _picture_in_picture,
        "flip": _flip,
        "downscale_4": _downscale_4,
        "letterbox": _letterbox,
        "noise": _noise,
    }
)
"""Each takes pixels, uint8 of shape (rows, columns, 3), and returns such; the size may change."""
