"""The square that the network gets."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import UsageError
from lookalike.images import fit, thumbnail_jpeg


def triangle_weights(count: int, size: int, start: float, kept: float) -> np.ndarray:
    """Return the antialiasing triangle filter as a matrix of shape (size, count)."""
    scale = kept / size
    support = max(scale, 1.0)
    centres = start + (np.arange(size) + 0.5) * scale
    distance = np.abs(np.arange(count)[None, :] + 0.5 - centres[:, None]) / support
    weights = np.clip(1.0 - distance, 0.0, None)
    return weights / weights.sum(axis=1, keepdims=True)


def slow_fit(pixels: np.ndarray, size: int, how: str, fraction: float) -> np.ndarray:
    """Return what ``fit`` should, without shortcuts; pad is left out."""
    rows, columns = pixels.shape[:2]
    height, width = rows * fraction, columns * fraction
    if how == "crop":
        height = width = min(rows, columns) * fraction
    vertical = triangle_weights(rows, size, (rows - height) / 2, height)
    horizontal = triangle_weights(columns, size, (columns - width) / 2, width)
    return np.einsum("yr,rcb,xc->yxb", vertical, pixels.astype(float), horizontal, optimize=True)


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (230, 230), (100, 80), (1600, 1004)])
@pytest.mark.parametrize(("how", "fraction"), [("squash", 1.0), ("crop", 1.0), ("crop", 0.875)])
def test_fit_agrees_with_the_slow_reference(
    make_scene, size: tuple[int, int], how: str, fraction: float
) -> None:
    pixels = np.asarray(make_scene(3, size))
    difference = fit(pixels, 64, how, fraction) - slow_fit(pixels, 64, how, fraction)
    assert np.sqrt(np.mean(difference**2)) < 2.5


def test_a_fine_checkerboard_becomes_even_grey() -> None:
    board = np.indices((512, 512)).sum(axis=0) % 2 * 255
    pixels = np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)
    assert np.abs(fit(pixels, 64).astype(int) - 127.5).max() < 2


def test_crop_keeps_the_middle_square() -> None:
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 200
    assert fit(pixels, 10, "crop").min() == 200
    assert fit(pixels, 10, "squash").min() == 0


def test_a_crop_fraction_leaves_the_border_out() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[20:80, 20:80] = 200
    assert fit(pixels, 10, "crop", 0.5).min() == 200
    assert fit(pixels, 10, "squash", 0.5).min() == 200


def test_pad_keeps_everything_on_grey() -> None:
    square = fit(np.full((10, 20, 3), 200, np.uint8), 20, "pad")
    assert square.shape == (20, 20, 3)
    assert square[10, 10].tolist() == [200] * 3
    assert square[0, 0].tolist() == [127] * 3
    assert (square == 200).all(axis=2).sum() == 200


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (7, 3)])
@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_any_shape_fits(shape: tuple[int, int], how: str) -> None:
    square = fit(np.full((*shape, 3), 90, np.uint8), 16, how)
    assert square.shape == (16, 16, 3)
    assert square.dtype == np.uint8
    assert 90 in square


def test_views_that_are_not_contiguous_fit(make_scene) -> None:
    pixels = np.asarray(make_scene(1))
    assert np.array_equal(fit(pixels[:, ::-1], 32), fit(pixels[:, ::-1].copy(), 32))


@pytest.mark.parametrize("arguments", [(0,), (8, "stretch"), (8, "crop", 0.0), (8, "crop", 1.1)])
def test_wrong_arguments_are_named(arguments: tuple) -> None:
    with pytest.raises(UsageError):
        fit(np.zeros((4, 4, 3), np.uint8), *arguments)


def test_a_thumbnail_is_a_small_jpeg(make_scene) -> None:
    with Image.open(io.BytesIO(thumbnail_jpeg(np.asarray(make_scene(1, (640, 320))), 64))) as small:
        assert (small.format, small.size) == ("JPEG", (64, 32))


def test_a_thumbnail_never_grows() -> None:
    pixels = np.zeros((5, 7, 3), np.uint8)
    with Image.open(io.BytesIO(thumbnail_jpeg(pixels))) as small:
        assert small.size == (7, 5)
