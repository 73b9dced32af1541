"""The parts of a picture that get vectors of their own when that is asked for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog.picture_parts import quantised
from lookalike.catalog.records import StoredParts
from lookalike.encoders import Encoder
from lookalike.images import Limits, Picture, decode
from lookalike.images.region import cut

__all__ = ["part_boxes", "part_inputs", "parts_of"]

GRID = 3
"""Parts across and down, evenly spread."""
SIDE = 0.4
"""The share of width and height that a part takes."""
_LEAST_PIXELS = 24


def part_boxes(width: int, height: int) -> NDArray[np.int32]:
    """Return left, top, width and height of the parts of a picture in its pixels, int32 (n, 4).

    A picture that is too small, so that a part had a side of fewer than 24 pixels, has none.

    >>> part_boxes(100, 60)[[0, 4, 8]].tolist()
    [[0, 0, 40, 24], [30, 18, 40, 24], [60, 36, 40, 24]]
    """
    wide, high = round(SIDE * width), round(SIDE * height)
    if min(wide, high) < _LEAST_PIXELS:
        return np.zeros((0, 4), np.int32)
    across = np.rint(np.linspace(0, width - wide, GRID)).astype(np.int32)
    down = np.rint(np.linspace(0, height - high, GRID)).astype(np.int32)
    return np.array([(left, top, wide, high) for top in down for left in across], np.int32)


def part_inputs(
    data: bytes, picture: Picture, encoder: Encoder, limits: Limits
) -> list[NDArray[np.uint8]]:
    """Return the parts of a picture, fitted to the network's input.

    ``picture`` is decoded from ``data``; if it is at too small a scale, it is decoded again.

    Raises:
        ImageError: it cannot be.
    """
    boxes = part_boxes(picture.width, picture.height)
    if not len(boxes):
        return []
    side = math.ceil(encoder.card.decode_side / SIDE)
    if min(picture.pixels.shape[:2]) < min(side, picture.width, picture.height):
        picture = decode(data, shortest_side=side, limits=limits)
    found = []
    for left, top, width, height in boxes.tolist():
        found.append(encoder.prepare(cut(picture, (left, top, width, height)).pixels))
    return found


def parts_of(width: int, height: int, vectors: NDArray[np.floating]) -> StoredParts:
    """Return what is kept of the vectors (n, d) of the parts of a picture of this size."""
    boxes = part_boxes(width, height)
    if not len(boxes):
        return StoredParts(boxes, np.zeros((0, 0), np.int8))
    return StoredParts(boxes, quantised(vectors))
