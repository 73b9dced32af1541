"""The formats that Pillow and pi-heif read."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from .bitfields import has_bitfields, open_bitfields
from .heif import open_heif
from .limits import Limits
from .modes import rgb_pixels
from .orientation import swaps_sides, upright
from .picture import Picture

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["decode_with_pillow", "picture_of"]

_PLUGINS = {
    "AVIF": "AvifImagePlugin",
    "BMP": "BmpImagePlugin",
    "GIF": "GifImagePlugin",
    "ICO": "IcoImagePlugin",
    "JPEG": "JpegImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "PNG": "PngImagePlugin",
    "PPM": "PpmImagePlugin",
    "QOI": "QoiImagePlugin",
    "TGA": "TgaImagePlugin",
    "TIFF": "TiffImagePlugin",
    "WEBP": "WebPImagePlugin",
}
_ORIENTATION_TAG = 0x0112
_MOST_RUN_LENGTH = 40_000_000
"""Pixels of a run-length BMP, which Pillow unpacks at some 15 million a second."""


def decode_with_pillow(
    data: bytes, name: str, shortest_side: int | None, limits: Limits
) -> Picture:
    """Decode a picture of the format ``name``; raises whatever the decoder raises."""
    with _open(data, name, limits) as image:
        limits.check_size(*image.size)
        if name == "BMP" and _is_run_length(image):
            limits = replace(limits, max_pixels=min(limits.max_pixels, _MOST_RUN_LENGTH))
            limits.check_size(*image.size)
        mode = image.mode
        full_size = image.size
        if name == "JPEG" and shortest_side is not None:
            image.draft(None, (shortest_side * 3 // 2, shortest_side * 3 // 2))
        image.load()
        if image.size != full_size and name != "JPEG":  # HEIF, ICO: known only after decoding
            limits.check_size(*image.size)
            full_size = image.size
        return picture_of(image, name, mode, shortest_side, full_size)


def _open(data: bytes, name: str, limits: Limits) -> Image.Image:
    from PIL import Image

    if name == "HEIF":
        return open_heif(data, limits)
    import_module(f"PIL.{_PLUGINS[name]}")
    try:
        return Image.open(io.BytesIO(data), formats=[name])
    except OSError:
        if name == "BMP" and has_bitfields(data):
            return open_bitfields(data, limits)
        raise


def picture_of(
    image: Image.Image,
    name: str,
    mode: str,
    shortest_side: int | None,
    full_size: tuple[int, int],
) -> Picture:
    """Return the upright RGB pixels of an image that is already loaded."""
    orientation = _orientation(image)
    width, height = full_size
    if swaps_sides(orientation):
        width, height = height, width
    pixels = upright(rgb_pixels(image, shortest_side), orientation)
    return Picture(pixels, width, height, name, mode)


def _is_run_length(image: Image.Image) -> bool:
    """Return whether Pillow decodes this BMP pixel by pixel in Python."""
    return any(tile[0] == "bmp_rle" for tile in getattr(image, "tile", ()))


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; asked after loading, when TIFF has turned itself upright."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the pixels are fine
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
