"""Changes of place: what part of a picture is seen, and from where.

Each function takes pixels, uint8 of shape (rows, columns, 3), and returns as many. ``strength``
is 1 for the usual amount, 0 for next to nothing, at most 2. All of them draw a :class:`View`, and
:func:`render` turns any combination of them into pixels in a single pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = [
    "View",
    "crop_and_scale",
    "draw_box",
    "draw_corners",
    "flip",
    "keep_inside",
    "perspective",
    "render",
    "rotation",
]

_SMALLEST_AREA = 0.4
_WIDEST_RATIO = 4 / 3
_LARGEST_ANGLE = 20.0
_LARGEST_SHIFT = 0.12
_NO_SHIFT = (0.0,) * 8
_REDUCTION = 0.75
_Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of a picture, in its pixels, perhaps turned, mirrored or seen at a slant.

    ``angle`` is in degrees, clockwise. ``shift`` moves the corners by these shares of width and
    height: x and y of the upper left, the upper right, the lower right and the lower left.
    """

    centre_x: float
    centre_y: float
    width: float
    height: float
    angle: float = 0.0
    mirrored: bool = False
    shift: tuple[float, ...] = _NO_SHIFT

    @staticmethod
    def whole(size: _Size) -> View:
        """Return the view of a whole picture of this width and height."""
        return View(size[0] / 2, size[1] / 2, size[0], size[1])

    def corners(self) -> list[tuple[float, float]]:
        """Return x and y of the upper left, upper right, lower right and lower left corner."""
        sine, cosine = math.sin(math.radians(self.angle)), math.cos(math.radians(self.angle))
        found = []
        for place, (right, down) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
            x = (right / 2 + self.shift[2 * place]) * self.width
            y = (down / 2 + self.shift[2 * place + 1]) * self.height
            found.append(
                (self.centre_x + x * cosine - y * sine, self.centre_y + x * sine + y * cosine)
            )
        return found


def render(image: Image.Image, view: View, size: _Size, *, fill: int = 127) -> Image.Image:
    """Return what a view shows, as an RGB picture of ``size`` (width, height).

    An upright view is resized with a triangle filter. Another is sampled once, after blocks of
    pixels have been averaged where it is made smaller; outside the picture it is ``fill`` grey.
    """
    if view.angle == 0.0 and view.shift == _NO_SHIFT:
        box = (
            max(0.0, view.centre_x - view.width / 2),
            max(0.0, view.centre_y - view.height / 2),
            min(float(image.width), view.centre_x + view.width / 2),
            min(float(image.height), view.centre_y + view.height / 2),
        )
        shown = image.resize(size, Image.Resampling.BILINEAR, box, reducing_gap=2.0)
        return shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if view.mirrored else shown
    block = int(min(view.width / size[0], view.height / size[1]) * _REDUCTION)
    if block > 1:
        image = image.reduce(block)
    corners = [(x / max(1, block), y / max(1, block)) for x, y in view.corners()]
    if view.mirrored:
        corners = [corners[1], corners[0], corners[3], corners[2]]
    if view.shift == _NO_SHIFT:
        (left, top), (right, beside), _, (below, bottom) = corners
        data: tuple[float, ...] = (
            *((right - left) / size[0], (below - left) / size[1], left),
            *((beside - top) / size[0], (bottom - top) / size[1], top),
        )
        method = Image.Transform.AFFINE
    else:
        data, method = _projection(corners, size), Image.Transform.PERSPECTIVE
    return image.transform(
        size, method, data, Image.Resampling.BILINEAR, fillcolor=(fill, fill, fill)
    )


def draw_box(
    size: _Size, random: np.random.Generator, *, smallest_area: float, widest_ratio: float
) -> View:
    """Draw a rectangle of a picture, as Szegedy et al. (2015, "Going Deeper with Convolutions").

    Args:
        size: width and height of the picture.
        random: where the chances come from.
        smallest_area: the least share of the area, in (0, 1].
        widest_ratio: how much wider or narrower than the picture the rectangle may be, from 1.
    """
    width, height = size
    area = random.uniform(smallest_area, 1.0)
    stretch = math.exp(random.uniform(-0.5, 0.5) * math.log(widest_ratio))
    box_width = min(float(width), width * math.sqrt(area) * stretch)
    box_height = min(float(height), height * math.sqrt(area) / stretch)
    left = random.uniform(0.0, width - box_width)
    top = random.uniform(0.0, height - box_height)
    return View(left + box_width / 2, top + box_height / 2, box_width, box_height)


def draw_corners(random: np.random.Generator, largest: float) -> tuple[float, ...]:
    """Draw shifts of the four corners, each towards the middle by 0 to ``largest``."""
    inwards = np.array([1, 1, -1, 1, -1, -1, 1, -1])
    return tuple((random.uniform(0.0, largest, 8) * inwards).tolist())


def keep_inside(view: View, size: _Size) -> View:
    """Return a turned view made small enough, and moved, to show nothing beside the picture."""
    sine = abs(math.sin(math.radians(view.angle)))
    cosine = abs(math.cos(math.radians(view.angle)))
    wide = view.width * cosine + view.height * sine
    high = view.width * sine + view.height * cosine
    factor = min(1.0, size[0] / wide, size[1] / high)
    half_wide, half_high = wide * factor / 2, high * factor / 2
    return replace(
        view,
        centre_x=min(max(view.centre_x, half_wide), size[0] - half_wide),
        centre_y=min(max(view.centre_y, half_high), size[1] - half_high),
        width=view.width * factor,
        height=view.height * factor,
    )


def crop_and_scale(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Show a rectangle of the picture, of 40 % to 100 % of its area, as large as the whole."""
    size = _size(pixels)
    area = max(0.08, 1.0 - (1.0 - _SMALLEST_AREA) * strength)
    ratio = _WIDEST_RATIO**strength
    return _shown(pixels, draw_box(size, random, smallest_area=area, widest_ratio=ratio))


def flip(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Mirror the picture left to right, with a probability of half the strength."""
    return pixels[:, ::-1].copy() if random.random() < strength / 2 else pixels


def rotation(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Turn the picture by up to 20 degrees either way; the corners become grey."""
    angle = random.uniform(-_LARGEST_ANGLE, _LARGEST_ANGLE) * strength
    return _shown(pixels, replace(View.whole(_size(pixels)), angle=angle))


def perspective(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Show the picture at a slant: each corner moves inwards by up to 12 % of a side."""
    shift = draw_corners(random, _LARGEST_SHIFT * strength)
    return _shown(pixels, replace(View.whole(_size(pixels)), shift=shift))


def _size(pixels: Pixels) -> _Size:
    return pixels.shape[1], pixels.shape[0]


def _shown(pixels: Pixels, view: View) -> Pixels:
    return np.asarray(render(Image.fromarray(pixels), view, _size(pixels)))


def _projection(corners: list[tuple[float, float]], size: _Size) -> tuple[float, ...]:
    """Return the eight coefficients that take the corners of ``size`` to ``corners``."""
    rows, values = [], []
    targets = ((0, 0), (size[0], 0), size, (0, size[1]))
    for (x, y), (column, row) in zip(corners, targets, strict=True):
        rows.append([column, row, 1, 0, 0, 0, -column * x, -row * x])
        rows.append([0, 0, 0, column, row, 1, -column * y, -row * y])
        values += [x, y]
    solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
    return tuple(solved.tolist())
