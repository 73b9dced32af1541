"""HEIC and HEIF through libheif.

pi-heif's Pillow plugin reads every metadata block before the picture, and damaged ones crash the
process there; it also widens grey samples in place, past the end of a buffer that is smaller than
declared. So the handles of its C module are used directly: nothing but size and pixels is asked
for, and the buffer is measured before it is read.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lookalike.errors import BrokenImageError

from .limits import Limits

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["open_heif"]

_CHANNELS = {"L": 1, "LA": 2, "La": 2, "RGB": 3, "RGBA": 4, "RGBa": 4}
_DEEP_GREY = {"I;10": 10, "I;12": 12, "I;16": 16}


def open_heif(data: bytes, limits: Limits) -> Image.Image:
    """Return the primary picture of a HEIF file, turned and mirrored as its own boxes ask.

    Where none is marked as primary it is the first.

    Raises:
        ImageTooLargeError: it declares more pixels than the limits allow.
        BrokenImageError: it holds no picture, or less than it declares.
    """
    library: Any = import_module("_pi_heif")
    try:
        handles = library.load_file(
            data,
            1,  # thread: the pipeline keeps each core busy with a picture of its own
            True,  # colours of more than 8 bits are brought down to 8
            False,  # RGB, not BGR
            False,  # rows keep their padding
            False,  # grey of more than 8 bits stays as it is
            "",  # whichever decoder there is
            False,  # libheif's own limits stay on
        )
    except TypeError:  # another version of pi-heif has other arguments
        return _open_with_plugin(data, limits)
    pictures = [handle for handle in handles if handle is not None]
    if not pictures:
        raise BrokenImageError("The HEIF file holds no picture.")
    primary = next((handle for handle in pictures if handle.primary), pictures[0])
    (width, height), _ = primary.size_mode
    limits.check_size(width, height)
    return _read(primary)


def _read(handle: Any) -> Image.Image:
    import numpy as np
    from PIL import Image

    buffer = handle.data  # decodes, after which size and mode are those of the pixels
    (width, height), mode = handle.size_mode
    stride = handle.stride
    samples = np.frombuffer(buffer, np.uint8)
    deep = mode in _DEEP_GREY and stride >= 2 * width
    channels = 1 if mode in _DEEP_GREY else _CHANNELS.get(mode)
    if channels is None:
        raise BrokenImageError(f"The HEIF picture has the unknown mode {mode}.")
    row_bytes = width * channels * (2 if deep else 1)
    if min(width, height) < 1 or stride < row_bytes or samples.size < stride * height:
        raise BrokenImageError("The HEIF picture holds fewer pixels than it declares.")
    rows = samples[: stride * height].reshape(height, stride)[:, :row_bytes]
    if deep:
        highest = (1 << _DEEP_GREY[mode]) - 1
        wide = np.ascontiguousarray(rows).view("<u2").astype(np.float32)
        rows = (wide * (255.0 / highest) + 0.5).clip(0, 255).astype(np.uint8)
    mode = "L" if channels == 1 else mode
    return Image.frombytes(mode, (width, height), np.ascontiguousarray(rows).tobytes())


def _open_with_plugin(data: bytes, limits: Limits) -> Image.Image:
    from pi_heif import HeifImageFile

    image: Image.Image = HeifImageFile(io.BytesIO(data))
    limits.check_size(*image.size)
    return image
