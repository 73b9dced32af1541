"""Changes of light, colour and sharpness.

Each function takes pixels, uint8 of shape (rows, columns, 3), and returns as many. ``strength``
is 1 for the usual amount, 0 for next to nothing, at most 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = [
    "apply_matrix",
    "blur",
    "blurred",
    "colour_jitter",
    "draw_matrix",
    "grey_matrix",
    "greyscale",
    "jpeg",
    "through_jpeg",
]

Matrix = npt.NDArray[np.float64]

_BRIGHTNESS = 0.25
_CONTRAST = 0.3
_SATURATION = 0.4
_HUE_DEGREES = 18.0
_TINT = 0.08
_LARGEST_BLUR = 0.012
_BEST_QUALITY = 90
_WORST_QUALITY = 30
_LUMA = np.array([0.299, 0.587, 0.114])
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)


def draw_matrix(random: np.random.Generator, strength: float = 1.0) -> Matrix:
    """Draw a change of brightness, contrast, saturation, hue and tint, all in one.

    Returns:
        float64 of shape (3, 4): the new red, green and blue from the old and a constant, for
        values of 0 to 255. Contrast is about the middle grey, hue is turned within YIQ.
    """
    drawn = random.uniform(-1.0, 1.0, 7) * strength
    angle = np.radians(_HUE_DEGREES) * drawn[3]
    sine, cosine = np.sin(angle), np.cos(angle)
    saturation = max(0.0, 1.0 + _SATURATION * drawn[2])
    turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    turn[1:] *= saturation
    contrast = np.exp(_CONTRAST * drawn[1])
    gain = np.exp(_BRIGHTNESS * drawn[0] + _TINT * drawn[4:7])[:, None]
    matrix = np.empty((3, 4))
    matrix[:, :3] = gain * contrast * (_FROM_YIQ @ turn @ _TO_YIQ)
    matrix[:, 3] = gain[:, 0] * 127.5 * (1.0 - contrast)
    return matrix


def grey_matrix() -> Matrix:
    """Return the change to grey, float64 of shape (3, 4), with the weights of ITU-R BT.601."""
    matrix = np.zeros((3, 4))
    matrix[:, :3] = _LUMA
    return matrix


def apply_matrix(image: Image.Image, matrix: Matrix) -> Image.Image:
    """Return an RGB picture with a change of colour, (3, 4), applied to each pixel."""
    return image.convert("RGB", tuple(matrix.ravel().tolist()))


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Return a picture blurred by about a Gaussian of ``radius`` pixels."""
    return image.filter(ImageFilter.GaussianBlur(radius)) if radius > 0.0 else image


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Return the picture as it comes back from a JPEG file of a quality of 1 to 100."""
    import simplejpeg

    encoded = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), quality=quality, colorspace="RGB", colorsubsampling="420"
    )
    decoded: Pixels = simplejpeg.decode_jpeg(encoded, colorspace="RGB")
    return decoded


def colour_jitter(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Change brightness and contrast by up to a third, saturation by 40 %, and the hue."""
    return np.asarray(apply_matrix(Image.fromarray(pixels), draw_matrix(random, strength)))


def greyscale(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Take the colour away, wholly at a strength of 1, by a random share below."""
    share = min(1.0, strength * random.uniform(0.5, 1.0)) if strength < 1.0 else 1.0
    colours = np.eye(3, 4) * (1.0 - share) + grey_matrix() * share
    return np.asarray(apply_matrix(Image.fromarray(pixels), colours))


def blur(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Blur by a radius of up to 1.2 % of the shorter side."""
    largest = _LARGEST_BLUR * min(pixels.shape[:2]) * strength
    return np.asarray(blurred(Image.fromarray(pixels), random.uniform(0.2, 1.0) * largest))


def jpeg(pixels: Pixels, random: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Encode and decode as JPEG of a quality of 30 to 90; lower for a greater strength."""
    worst = max(5.0, _BEST_QUALITY - (_BEST_QUALITY - _WORST_QUALITY) * strength)
    return through_jpeg(pixels, round(random.uniform(worst, _BEST_QUALITY)))
