"""JPEG by libjpeg-turbo, at a reduced scale where a small picture is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.errors import BrokenImageError

from .jpeg_header import read_jpeg_header
from .limits import Limits
from .orientation import swaps_sides, upright
from .picture import Picture
from .scale import reduction

if TYPE_CHECKING:
    from .picture import Pixels

__all__ = ["decode_jpeg"]

_MODES = {"Gray": "L", "YCbCr": "RGB", "RGB": "RGB"}
_MOST_SCANS = 200
_LARGEST_REDUCTION = 8
_LEAST_ROWS = 0.5
_FILLER = 128
_FILLER_TOLERANCE = 2
_BLOCK_ROWS = 64


def decode_jpeg(data: bytes, shortest_side: int | None, limits: Limits) -> Picture | None:
    """Decode a grey or colour JPEG; None when it is of a kind left to Pillow, such as CMYK.

    A damaged or cut-off file is decoded as far as it goes, and accepted when at least half of
    its rows are there.

    Raises:
        ImageTooLargeError: more pixels are declared than the limits allow.
        BrokenImageError: most rows are missing, or it is sent in a hostile number of scans.
    """
    import simplejpeg

    try:
        height, width, colorspace, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError:
        return None
    limits.check_size(width, height)
    mode = _MODES.get(colorspace)
    if mode is None:
        return None
    header = read_jpeg_header(data)
    if header.progressive and data.count(b"\xff\xda") > _MOST_SCANS:
        raise BrokenImageError(f"The JPEG picture has more than {_MOST_SCANS} scans.")
    # libjpeg-turbo ignores the scale of a lossless JPEG and writes past the smaller buffer.
    largest = _LARGEST_REDUCTION if header.scalable else 1
    factor = reduction(width, height, shortest_side, largest=largest)
    pixels = _decode(data, -(-height // factor), -(-width // factor))
    if pixels is None:
        return None
    if swaps_sides(header.orientation):
        width, height = height, width
    return Picture(upright(pixels, header.orientation), width, height, "JPEG", mode)


def _decode(data: bytes, rows: int, columns: int) -> Pixels | None:
    import simplejpeg

    options = {"min_height": rows, "min_width": columns}
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, **options, strict=True)
        return pixels
    except ValueError:
        pass  # damaged, perhaps only a little: see how much of it is there
    try:
        pixels = simplejpeg.decode_jpeg(data, **options, strict=False)
    except ValueError:
        return None
    present = _present_rows(pixels)
    if present < _LEAST_ROWS * len(pixels):
        raise BrokenImageError(
            f"The JPEG picture is cut off: only {present / len(pixels):.0%} of its rows are there."
        )
    return pixels


def _present_rows(pixels: Pixels) -> int:
    """Return the number of rows above the even grey that libjpeg fills missing rows with."""
    import numpy as np

    low, high = _FILLER - _FILLER_TOLERANCE, _FILLER + _FILLER_TOLERANCE
    for end in range(len(pixels), 0, -_BLOCK_ROWS):
        start = max(0, end - _BLOCK_ROWS)
        block = pixels[start:end]
        real = np.flatnonzero(((block < low) | (block > high)).any(axis=(1, 2)))
        if real.size:
            return start + int(real[-1]) + 1
    return 0
