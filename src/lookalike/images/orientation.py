"""EXIF orientation: which of the eight ways a camera was held, and turning pixels upright."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .picture import Pixels

__all__ = ["exif_orientation", "swaps_sides", "upright"]

_TAG = 0x0112
_SHORT = 3


def exif_orientation(exif: bytes) -> int:
    """Return the orientation, 1 to 8, that a block of EXIF data states; 1 when it states none.

    ``exif`` begins with the TIFF header, or with ``Exif\\0\\0`` before it. Only the first
    directory is read, and damaged data counts as upright.

    >>> exif_orientation(b"")
    1
    """
    if exif[:6] == b"Exif\x00\x00":
        exif = exif[6:]
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", exif, entry)
            if tag == _TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def swaps_sides(orientation: int) -> bool:
    """Return whether turning a picture of this orientation upright swaps width and height."""
    return orientation >= 5


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return the pixels turned and mirrored as EXIF orientation 1 to 8 asks.

    The meanings are those of the TIFF 6.0 and EXIF 2.3 tag Orientation (0x0112).
    """
    import numpy as np

    if orientation == 1:
        return pixels
    turned = pixels.swapaxes(0, 1) if swaps_sides(orientation) else pixels
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
