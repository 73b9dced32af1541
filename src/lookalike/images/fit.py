"""Pixels of any shape to the square that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.errors import UsageError

from .scale import reduction

if TYPE_CHECKING:
    from .picture import Pixels

__all__ = ["fit", "thumbnail_jpeg"]

_METHODS = ("squash", "crop", "pad")
_PAD_GREY = 127
_REDUCING_GAP = 2.0
_THUMBNAIL_QUALITY = 80


def fit(pixels: Pixels, size: int, how: str = "squash", crop_fraction: float = 1.0) -> Pixels:
    """Resize a picture to a square, with antialiasing.

    A large picture is first reduced by averaging blocks of 2, 4, 8, ... pixels, as far as
    ``decode`` would reduce it, then resized with a triangle filter. So a picture decoded in
    full and one decoded at a reduced scale come out nearly the same.

    Args:
        pixels: uint8 of shape (rows, columns, 3), RGB.
        size: side of the square in pixels.
        how: ``"squash"`` changes the shape of the picture to a square, ``"crop"`` keeps the
            middle square, ``"pad"`` keeps everything and fills the rest with grey (127).
        crop_fraction: share of each side, in (0, 1], that is kept around the middle.

    Returns:
        uint8 of shape (size, size, 3).

    Raises:
        UsageError: an unknown method, or a size or fraction out of range.

    >>> import numpy as np
    >>> fit(np.zeros((30, 40, 3), np.uint8), 8, "pad")[:, 4, 0].tolist()
    [127, 0, 0, 0, 0, 0, 0, 127]
    """
    import numpy as np
    from PIL import Image

    if size < 1 or not 0.0 < crop_fraction <= 1.0:
        raise UsageError(
            f"size must be at least 1 and crop_fraction in (0, 1]; got {size} and {crop_fraction}."
        )
    if how not in _METHODS:
        raise UsageError(f"how must be 'squash', 'crop' or 'pad'; got {how!r}.")
    image = Image.fromarray(pixels)
    image = image.reduce(_block(image.size, size, how, crop_fraction))
    columns, rows = image.size
    target_width = target_height = size
    kept_width, kept_height = columns * crop_fraction, rows * crop_fraction
    if how == "crop":
        kept_width = kept_height = min(columns, rows) * crop_fraction
    elif how == "pad":
        scale = size / max(columns, rows)
        target_width = max(1, round(columns * scale))
        target_height = max(1, round(rows * scale))
    left, top = (columns - kept_width) / 2, (rows - kept_height) / 2
    resized = np.asarray(
        image.resize(
            (target_width, target_height),
            Image.Resampling.BILINEAR,
            box=(left, top, left + kept_width, top + kept_height),
        )
    )
    if resized.shape[:2] == (size, size):
        return resized
    square = np.full((size, size, 3), _PAD_GREY, np.uint8)
    top_row, left_column = (size - target_height) // 2, (size - target_width) // 2
    square[top_row : top_row + target_height, left_column : left_column + target_width] = resized
    return square


def _block(full: tuple[int, int], size: int, how: str, crop_fraction: float) -> int:
    """Return the side of the blocks of pixels that may be averaged before resizing."""
    if how == "pad":
        return reduction(max(full), max(full), round(size / crop_fraction))
    return reduction(*full, round(size / crop_fraction))


def thumbnail_jpeg(pixels: Pixels, longest_side: int = 128) -> bytes:
    """Return a small JPEG of a picture; a smaller picture keeps its size.

    Args:
        pixels: uint8 of shape (rows, columns, 3), RGB.
        longest_side: width or height of the thumbnail in pixels, whichever is longer.
    """
    import numpy as np
    import simplejpeg
    from PIL import Image

    if longest_side < 1:
        raise UsageError(f"longest_side must be at least 1; got {longest_side}.")
    rows, columns = pixels.shape[:2]
    scale = min(1.0, longest_side / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    small = Image.fromarray(pixels).resize(
        size, Image.Resampling.BILINEAR, reducing_gap=_REDUCING_GAP
    )
    encoded: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(small), quality=_THUMBNAIL_QUALITY, colorspace="RGB"
    )
    return encoded
