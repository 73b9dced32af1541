"""The fixed edits that copies are measured by."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from lookalike.training.augmentation import EDITS, EDITS_VERSION

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
MakeScene = Callable[..., Image.Image]
_MEANS = {
    "crop_70": [113.0, 84.0, 156.5],
    "jpeg_20": [127.0, 94.9, 144.7],
    "blur_2": [127.0, 95.0, 144.0],
    "rotate_10": [116.7, 87.2, 132.4],
    "greyscale": [110.2, 110.2, 110.2],
    "brighter": [170.3, 142.1, 201.5],
    "darker": [69.9, 52.3, 79.2],
    "contrast": [127.1, 85.5, 151.6],
    "text": [114.0, 75.9, 127.9],
    "picture_in_picture": [121.5, 62.2, 127.3],
    "flip": [127.0, 95.0, 144.0],
    "downscale_4": [127.0, 95.0, 145.7],
    "letterbox": [84.7, 63.3, 96.0],
    "noise": [126.9, 95.6, 143.7],
}


@pytest.fixture(scope="module")
def pixels(make_scene: MakeScene) -> Pixels:
    """Return a picture of 160 × 120 pixels that cannot be written to."""
    return np.asarray(make_scene(3))


def test_the_edits_of_this_version_are_these() -> None:
    assert EDITS_VERSION == 1
    assert " ".join(EDITS) == (
        "crop_70 jpeg_20 blur_2 rotate_10 greyscale brighter darker contrast text "
        "picture_in_picture flip downscale_4 letterbox noise"
    )
    with pytest.raises(TypeError):
        EDITS["more"] = EDITS["flip"]  # type: ignore[index]


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_always_the_same_and_changes_something(name: str, pixels: Pixels) -> None:
    before = pixels.copy()
    first, second = EDITS[name](pixels), EDITS[name](pixels)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, pixels)
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300, 3), (300, 2, 3)])
def test_an_edit_takes_tiny_and_narrow_pictures(name: str, shape: tuple[int, int, int]) -> None:
    edited = EDITS[name](np.full(shape, 200, np.uint8))
    assert edited.ndim == 3
    assert edited.shape[2] == 3
    assert edited.size > 0


@pytest.mark.parametrize(
    ("name", "shape"), [("crop_70", (84, 112, 3)), ("letterbox", (180, 160, 3)), ("flip", None)]
)
def test_only_crop_and_letterbox_change_the_size(
    name: str, shape: tuple[int, int, int] | None, pixels: Pixels
) -> None:
    assert EDITS[name](pixels).shape == (shape or pixels.shape)


def test_edits_do_what_they_are_called(pixels: Pixels) -> None:
    mean = pixels.mean()
    assert EDITS["darker"](pixels).mean() < 0.7 * mean
    assert EDITS["brighter"](pixels).mean() > mean
    assert EDITS["contrast"](pixels).std() > pixels.std()
    assert np.array_equal(EDITS["flip"](EDITS["flip"](pixels)), pixels)
    grey = EDITS["greyscale"](pixels)
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert not EDITS["letterbox"](pixels)[:30].any()
    steepest = [
        np.abs(np.diff(p.astype(int), axis=1)).max() for p in (EDITS["blur_2"](pixels), pixels)
    ]
    assert steepest[0] < steepest[1]


def test_figures_of_this_version_stay_comparable() -> None:
    """A change of what an edit does must come with another EDITS_VERSION, and new means."""
    rows, columns = np.mgrid[0:96, 0:128]
    ramp = np.stack([2 * columns, 2 * rows, 255 - rows - columns], axis=2).astype(np.uint8)
    means = {
        name: [round(float(mean), 1) for mean in edit(ramp).mean(axis=(0, 1))]
        for name, edit in EDITS.items()
    }
    for name, expected in _MEANS.items():
        assert means[name] == pytest.approx(expected, abs=1.0), name
    assert means.keys() == _MEANS.keys()
