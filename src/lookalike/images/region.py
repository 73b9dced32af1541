"""A part of a picture: what a person asks for, in pixels of it, and cut out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from lookalike.errors import UsageError
from lookalike.results.options import REGION_SHAPE, region_numbers

if TYPE_CHECKING:
    from .picture import Picture, Pixels

__all__ = ["Box", "Region", "cut", "framed", "read_region", "side_for"]

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, width and height in pixels of an upright picture."""

LEAST_SIDE = 8
_FRAME = (255, 96, 0)


@dataclass(frozen=True, slots=True)
class Region:
    """Left, top, width and height, in pixels, or in fractions of the sides of the picture."""

    x: float
    y: float
    width: float
    height: float
    fractions: bool = False

    @classmethod
    def of(cls, values: Iterable[float]) -> Region:
        """Return the region that four numbers mean: pixels if all are whole, else fractions.

        >>> Region.of((40, 30, 200, 150)).fractions, Region.of((0, 0, 0.5, 0.5)).fractions
        (False, True)

        Raises:
            UsageError: there are not four numbers, or they are no such thing.
        """
        if isinstance(values, Region):
            return values
        numbers = region_numbers(values)
        x, y, width, height = map(float, numbers)
        return cls(x, y, width, height, any(isinstance(one, float) for one in numbers))

    def __iter__(self) -> Iterator[float]:
        """Give the four numbers of which :meth:`of` makes this region."""
        numbers = (self.x, self.y, self.width, self.height)
        return iter(numbers if self.fractions else map(int, numbers))

    def __str__(self) -> str:
        return ",".join(map(str, self))

    def box(self, width: int, height: int) -> Box:
        """Return the region in pixels of an upright picture of this size.

        Raises:
            UsageError: it reaches outside the picture, or has a side of fewer than 8 pixels.
        """
        wide, high = (width, height) if self.fractions else (1, 1)
        left, top = round(self.x * wide), round(self.y * high)
        right, bottom = round((self.x + self.width) * wide), round((self.y + self.height) * high)
        if left < 0 or top < 0 or right > width or bottom > height:
            raise UsageError(
                f"The region {self} reaches outside the picture, which is {width} × {height} "
                "pixels when it is upright."
            )
        if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
            raise UsageError(
                f"The region {self} is {max(0, right - left)} × {max(0, bottom - top)} pixels of "
                f"the picture; it needs {LEAST_SIDE} on each side."
            )
        return left, top, right - left, bottom - top


def read_region(text: str) -> Region:
    """Return the region that a text means.

    >>> read_region("10%, 20%, 50%, 25%") == read_region("0.1,0.2,0.5,0.25")
    True

    Raises:
        UsageError: it is no region.
    """
    numbers = [number.strip() for number in text.split(",")]
    percent = all(number.endswith("%") for number in numbers)
    values: list[float] = []
    for number in numbers:
        plain = number.removesuffix("%") if percent else number
        try:
            values.append(float(plain) / 100 if percent else _number(plain))
        except ValueError:
            raise UsageError(f"{REGION_SHAPE}; not {text!r}.") from None
    return Region.of(values)


def side_for(box: Box, width: int, height: int, shortest_side: int) -> int:
    """Return how many pixels of a picture's shortest side give ``shortest_side`` to the box."""
    return math.ceil(shortest_side * min(width, height) / min(box[2:]))


def cut(picture: Picture, box: Box) -> Picture:
    """Return a part of a picture, which may be at a reduced scale; the box is of the full one."""
    rows, columns = picture.pixels.shape[:2]
    left, right = _scaled(box[0], box[2], columns / picture.width, columns)
    top, bottom = _scaled(box[1], box[3], rows / picture.height, rows)
    pixels = picture.pixels[top:bottom, left:right].copy()
    return replace(picture, pixels=pixels, width=box[2], height=box[3])


def framed(picture: Picture, box: Box) -> Pixels:
    """Return the pixels of a picture, which may be at a reduced scale, with a frame around a box.

    The box is of the full picture.
    """
    rows, columns = picture.pixels.shape[:2]
    left, right = _scaled(box[0], box[2], columns / picture.width, columns)
    top, bottom = _scaled(box[1], box[3], rows / picture.height, rows)
    wide = max(2, min(rows, columns) // 50)
    pixels = picture.pixels.copy()
    inside = pixels[top + wide : bottom - wide, left + wide : right - wide].copy()
    pixels[top:bottom, left:right] = _FRAME
    if inside.size:
        pixels[top + wide : bottom - wide, left + wide : right - wide] = inside
    return pixels


def _scaled(start: int, length: int, scale: float, most: int) -> tuple[int, int]:
    first = min(round(start * scale), most - 1)
    return first, min(max(round((start + length) * scale), first + 1), most)


def _number(text: str) -> float:
    """Return a whole number as an int, so that it is told from a fraction."""
    return int(text) if text.lstrip("+-").isdecimal() else float(text)
