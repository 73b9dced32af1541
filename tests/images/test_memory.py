"""Pictures that are in memory already."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import BrokenImageError, NotAnImageError
from lookalike.images import pixels_from


def test_rgb_bytes_are_taken_as_they_are(make_scene) -> None:
    pixels = np.asarray(make_scene(1))
    picture = pixels_from(pixels)
    assert np.array_equal(picture.pixels, pixels)
    assert (picture.width, picture.height, picture.format) == (160, 120, "ARRAY")


def test_the_callers_array_is_not_shared(make_scene) -> None:
    pixels = np.array(make_scene(1))
    picture = pixels_from(pixels)
    before = picture.pixels.copy()
    pixels[:] = 0
    assert np.array_equal(picture.pixels, before)


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 1)])
def test_grey_becomes_three_equal_channels(shape: tuple[int, ...]) -> None:
    picture = pixels_from(np.full(shape, 7, np.uint8))
    assert picture.pixels.shape == (3, 5, 3)
    assert (picture.pixels == 7).all()


def test_alpha_is_laid_on_white() -> None:
    array = np.zeros((2, 2, 4), np.uint8)
    array[0, 0] = [0, 0, 0, 255]
    assert pixels_from(array).pixels[:, :, 0].tolist() == [[0, 255], [255, 255]]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floats_from_zero_to_one_become_bytes(kind: type) -> None:
    array = np.array([[[0.0, 0.5, 1.0]]], dtype=kind)
    assert pixels_from(array).pixels[0, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((2, 2), np.nan), "NaN"),
        (np.full((2, 2), 1.5), "1.5"),
        (np.full((2, 2), -0.1), "-0.1"),
        (np.full((2, 2), np.inf), "inf"),
        (np.zeros((0, 5), np.uint8), "empty"),
        (np.zeros(5, np.uint8), r"shape \(5,\)"),
        (np.zeros((2, 2, 2), np.uint8), "shape"),
        (np.zeros((1, 2, 2, 3), np.uint8), "shape"),
        (np.zeros((3, 2, 2), np.uint8), "shape"),
        (np.zeros((2, 2), np.uint16), "uint16"),
        (np.zeros((2, 2), np.int64), "int64"),
        (np.zeros((2, 2), bool), "bool"),
        (np.array([["a"]]), "U1"),
        ("photo.jpg", "str"),
        (b"GIF89a", "bytes"),
        (None, "NoneType"),
        ([[1, 2]], "list"),
    ],
)
def test_everything_else_is_refused_with_what_was_expected(array: object, words: str) -> None:
    with pytest.raises(NotAnImageError, match=words):
        pixels_from(array)


def test_a_pillow_image_keeps_its_format_and_mode(make_scene) -> None:
    stream = io.BytesIO()
    make_scene(1).convert("L").save(stream, "PNG")
    with Image.open(stream) as image:
        picture = pixels_from(image)
    assert (picture.format, picture.mode) == ("PNG", "L")
    assert repr(picture) == "<Picture PNG L 160×120>"


def test_an_empty_pillow_image_is_refused() -> None:
    with pytest.raises(NotAnImageError, match="empty"):
        pixels_from(Image.new("RGB", (0, 5)))


def test_a_pillow_image_whose_file_is_cut_off_is_broken(make_scene) -> None:
    stream = io.BytesIO()
    make_scene(1).save(stream, "PNG")
    with (
        Image.open(io.BytesIO(stream.getvalue()[:500])) as image,
        pytest.raises(BrokenImageError),
    ):
        pixels_from(image)
