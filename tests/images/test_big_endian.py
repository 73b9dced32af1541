"""Grey of 16 bits whose bytes are in the other order."""

import io

import numpy as np
from PIL import Image

from lookalike.images import decode, pixels_from


def test_big_endian_grey_is_the_same_as_little_endian() -> None:
    values = np.linspace(0, 65535, 48 * 32).reshape(32, 48)
    pictures = [Image.fromarray(values.astype(kind)) for kind in ("<u2", ">u2")]
    assert pictures[1].mode == "I;16B"
    expected = pixels_from(pictures[0]).pixels
    np.testing.assert_array_equal(pixels_from(pictures[1]).pixels, expected)
    stream = io.BytesIO()
    pictures[1].save(stream, "TIFF")
    np.testing.assert_array_equal(decode(stream.getvalue()).pixels, expected)
