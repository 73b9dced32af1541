"""BMP files whose colours sit in unusual bits, which Pillow does not read."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lookalike.errors import BrokenImageError

from .limits import Limits

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    from .picture import Pixels

__all__ = ["has_bitfields", "open_bitfields"]

_HEADER = struct.Struct("<10xII ii2xHI")
_MASKS = struct.Struct("<4I")
_MASKS_AT = 54
_FIRST_WITH_ALPHA = 56
_BITFIELDS, _ALPHA_BITFIELDS = 3, 6


def has_bitfields(data: bytes) -> bool:
    """Return whether a BMP file says itself which bits hold which colour."""
    if len(data) < _MASKS_AT + _MASKS.size:
        return False
    *_, bits, compression = _HEADER.unpack_from(data)
    return bits in (16, 32) and compression in (_BITFIELDS, _ALPHA_BITFIELDS)


def open_bitfields(data: bytes, limits: Limits) -> Image.Image:
    """Return the picture of a BMP file that ``has_bitfields``, as RGB or RGBA.

    The layout is that of BITMAPINFOHEADER with BI_BITFIELDS in the Windows documentation.

    Raises:
        ImageTooLargeError: it declares more pixels than the limits allow.
        BrokenImageError: it is cut off.
    """
    import numpy as np
    from PIL import Image

    offset, header_size, width, height, bits, compression = _HEADER.unpack_from(data)
    rows = abs(height)
    limits.check_size(width, rows)
    stride = (width * bits + 31) // 32 * 4
    if len(data) < offset + stride * rows:
        raise BrokenImageError("The BMP picture is cut off.")
    words = np.frombuffer(data, "<u2" if bits == 16 else "<u4", stride * rows * 8 // bits, offset)
    words = words.reshape(rows, -1)[:: 1 if height < 0 else -1, :width]
    masks = _MASKS.unpack_from(data, _MASKS_AT)
    if masks[3] == 0 or (header_size < _FIRST_WITH_ALPHA and compression == _BITFIELDS):
        masks = masks[:3]
    return Image.fromarray(np.dstack([_channel(words, mask) for mask in masks]))


def _channel(words: npt.NDArray[np.unsignedinteger], mask: int) -> Pixels:
    """Return the bits of one colour, spread over 0 to 255."""
    import numpy as np

    if mask == 0:
        return np.zeros(words.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    values = (words.astype(np.uint32) & np.uint32(mask)) >> np.uint32(shift)
    return (values * (255.0 / (mask >> shift)) + 0.5).astype(np.uint8)
