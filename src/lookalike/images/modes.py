"""From every colour mode of Pillow to 8-bit RGB, in bands so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .scale import reduction

if TYPE_CHECKING:
    from PIL import Image

    from .picture import Pixels

__all__ = ["rgb_pixels"]

_WHITE = (255, 255, 255, 255)
_BLACK = (0, 0, 0, 255)
_LEAST_INK = 8.0
_BAND_PIXELS = 4_000_000
_FULL_16_BIT = 65535.0
_HIGHEST_OF_12_BIT = 4095


def rgb_pixels(image: Image.Image, shortest_side: int | None) -> Pixels:
    """Return the pixels of a loaded Pillow image as uint8 RGB of shape (rows, columns, 3).

    With ``shortest_side`` the picture may come back reduced by averaging whole blocks. Palettes
    are resolved and transparent pixels laid on a background; CMYK is taken as plain ink shares;
    numbers of more than 8 bits are scaled as ``_grey_scale`` says.
    """
    import numpy as np

    factor = reduction(*image.size, shortest_side)
    convert = _converter(image)
    reduced = convert(image) if factor == 1 else _reduce(image, convert, factor)
    return np.array(_on_background(reduced))


def _reduce(
    image: Image.Image, convert: Callable[[Image.Image], Image.Image], factor: int
) -> Image.Image:
    from PIL import Image

    width, height = image.size
    band_rows = max(1, _BAND_PIXELS // width // factor) * factor
    if band_rows >= height:
        return convert(image).reduce(factor)
    result: Image.Image | None = None
    for top in range(0, height, band_rows):
        band = image.crop((0, top, width, min(height, top + band_rows)))
        reduced = convert(band).reduce(factor)
        if result is None:
            result = Image.new(reduced.mode, (reduced.width, -(-height // factor)))
        result.paste(reduced, (0, top // factor))
    assert result is not None  # height is at least 1
    return result


def _converter(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Return what turns this image, or a band of it, into mode L, RGB or RGBA."""
    mode = image.mode
    if mode in {"I", "F"} or mode.startswith("I;16"):
        return _grey_scale(image)
    if mode == "LAB":
        return _lab_to_rgb
    if image.has_transparency_data:
        target = "RGBA"
    else:
        target = "L" if mode in {"1", "L"} else "RGB"
    return lambda band: band if band.mode == target else band.convert(target)


def _grey_scale(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Return the conversion of a grey image of more than 8 bits.

    16-bit values are divided by 257, so that the full range stays the full range; where no
    value exceeds 4095 they are 12-bit measurements in 16-bit clothes, and 4095 becomes white.
    Floats within [0, 1] are multiplied by 255. Other numbers have no agreed range: the
    smallest becomes black and the largest white.
    """
    import numpy as np
    from PIL import Image

    low, high = _extrema(image)
    if image.mode == "F" and low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    elif image.mode != "F" and low >= 0 and high <= _FULL_16_BIT:
        low, high = 0.0, _FULL_16_BIT if high > _HIGHEST_OF_12_BIT else _HIGHEST_OF_12_BIT
    scale = 255.0 / (high - low) if high > low else 0.0

    def convert(band: Image.Image) -> Image.Image:
        values = np.nan_to_num(np.asarray(band, dtype=np.float32), nan=low, posinf=high, neginf=low)
        return Image.fromarray(((values - low) * scale + 0.5).clip(0, 255).astype(np.uint8))

    return convert


def _extrema(image: Image.Image) -> tuple[float, float]:
    import numpy as np

    if image.mode in ("I;16B", "I;16L"):  # of which Pillow knows no extrema
        values = np.asarray(image)
        return float(values.min()), float(values.max())
    if image.mode != "F":
        low, high = image.getextrema()
        return float(low), float(high)  # type: ignore[arg-type]
    values = np.asarray(image)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _lab_to_rgb(band: Image.Image) -> Image.Image:
    from PIL import ImageCms

    converted = ImageCms.profileToProfile(
        band, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert converted is not None  # only None when asked to work in place
    return converted


def _on_background(image: Image.Image) -> Image.Image:
    """Lay an image on white, or on black where it would not show on white.

    It would not where its visible colours are on average less than 8 of 255 from white. An
    image of which nothing is visible is taken as opaque: its alpha was not meant.
    """
    import numpy as np
    from PIL import Image

    if image.mode != "RGBA":
        return image.convert("RGB")
    values = np.asarray(image)
    alpha = values[:, :, 3].astype(np.float32)
    visible = float(alpha.sum())
    if visible == 0.0:
        return image.convert("RGB")
    ink = (255 - values[:, :, :3].min(axis=2)) * alpha
    background = _WHITE if float(ink.sum()) / visible >= _LEAST_INK else _BLACK
    return Image.alpha_composite(Image.new("RGBA", image.size, background), image).convert("RGB")
