"""How much of a picture is red, green or grey: the eleven basic colour terms.

The terms are those of Berlin and Kay, Basic Color Terms, 1969. Where one ends and the next begins
is set by hand, in hue, saturation and value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COLOUR_NAMES", "colour_shares"]

COLOUR_NAMES = (
    "black",
    "white",
    "grey",
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
)
_SIDE = 56
_HUES = ((15, 3), (42, 4), (70, 5), (165, 6), (255, 7), (290, 8), (345, 9), (361, 3))


def colour_shares(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the share of each of ``COLOUR_NAMES``, uint8 of shape (11,), 255 for all of it.

    The middle of the picture counts for more than its edges: the weight is a Gaussian with a
    standard deviation of a third of each side.

    Args:
        pixels: uint8 of shape (rows, columns, 3), RGB.

    >>> import numpy as np
    >>> red = np.full((8, 8, 3), (200, 20, 20), np.uint8)
    >>> dict(zip(COLOUR_NAMES, colour_shares(red).tolist()))["red"]
    255
    """
    import numpy as np

    rows, columns = pixels.shape[:2]
    down, across = max(1, rows // _SIDE), max(1, columns // _SIDE)
    small = pixels[down // 2 :: down, across // 2 :: across].astype(np.float32) / 255.0
    names = _named(small)
    weights = np.outer(_bell(small.shape[0]), _bell(small.shape[1]))
    shares = np.bincount(names.ravel(), weights.ravel(), len(COLOUR_NAMES)) / weights.sum()
    rounded: NDArray[np.uint8] = np.rint(shares * 255).astype(np.uint8)
    return rounded


def _bell(count: int) -> NDArray[np.float64]:
    import numpy as np

    place = (np.arange(count) + 0.5) / count - 0.5
    return np.exp(-0.5 * (place * 3.0) ** 2)


def _named(pixels: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of the colour of each pixel."""
    import numpy as np

    high, low = pixels.max(axis=-1), pixels.min(axis=-1)
    chroma = high - low
    saturation = chroma / np.maximum(high, 1e-6)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    safe = np.maximum(chroma, 1e-6)
    hue = np.where(
        high == red,
        ((green - blue) / safe) % 6,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = hue * 60
    names = np.full(high.shape, 3, np.int64)
    for limit, number in reversed(_HUES):
        names[hue < limit] = number
    # Dark or dull orange is brown, and so is dark yellow towards red; light red is pink.
    warm = (hue >= 10) & (hue < 48)
    names[warm & ((high < 0.62) | (saturation < 0.45))] = 10
    names[((hue < 15) | (hue >= 345)) & (saturation < 0.5) & (high > 0.7)] = 9
    names[((hue < 10) | (hue >= 345)) & (high < 0.3) & (saturation < 0.7)] = 10
    dull = (saturation < 0.14) | (chroma < 0.08)
    names[dull & (high >= 0.35)] = 2
    names[dull & (high > 0.85)] = 1
    names[(high < 0.2) | (dull & (high < 0.35))] = 0
    return names
