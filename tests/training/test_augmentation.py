"""What chance does to pictures, and what it leaves alone."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import UsageError
from lookalike.images import fit
from lookalike.training.augmentation import (
    Preset,
    augmentation,
    blur,
    colour_jitter,
    crop_and_scale,
    cutout,
    flip,
    greyscale,
    jpeg,
    overlay_picture,
    overlay_text,
    perspective,
    rotation,
)
from lookalike.training.augmentation.colour import apply_matrix, draw_matrix
from lookalike.training.augmentation.overlay import draw_scene
from lookalike.training.augmentation.steps import View, keep_inside, render

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
MakeScene = Callable[..., Image.Image]

STEPS = [
    *(crop_and_scale, flip, rotation, perspective, colour_jitter, greyscale, blur, jpeg),
    *(overlay_text, overlay_picture, cutout),
]
PRESETS: list[Preset] = ["category", "instance", "copy", "none"]


@pytest.fixture(scope="module")
def pixels(make_scene: MakeScene) -> Pixels:
    """Return a picture of 160 × 120 pixels that cannot be written to."""
    return np.asarray(make_scene(3))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_keeps_shape_and_type_and_the_picture_it_was_given(
    step: Callable[..., Pixels], pixels: Pixels
) -> None:
    before = pixels.copy()
    for strength in (0.0, 1.0, 2.0):
        for seed in range(5):
            changed = step(pixels, np.random.default_rng(seed), strength)
            assert (changed.shape, changed.dtype) == (pixels.shape, np.uint8)
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_repeated_by_its_seed_and_differs_without(
    step: Callable[..., Pixels], pixels: Pixels
) -> None:
    results = [step(pixels, np.random.default_rng(seed), 0.8) for seed in (1, 1, 2, 3, 4, 5)]
    assert np.array_equal(results[0], results[1])
    assert any(not np.array_equal(results[0], other) for other in results[2:])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 3), (7, 2, 3)])
def test_a_step_takes_tiny_and_narrow_pictures(
    step: Callable[..., Pixels], shape: tuple[int, int, int]
) -> None:
    small = np.full(shape, 90, np.uint8)
    for seed in range(5):
        assert step(small, np.random.default_rng(seed), 2.0).shape == shape


@pytest.mark.parametrize(
    "step", [crop_and_scale, flip, rotation, perspective, colour_jitter, greyscale, blur]
)
def test_a_step_of_no_strength_changes_nothing(step: Callable[..., Pixels], pixels: Pixels) -> None:
    changed = step(pixels, np.random.default_rng(0), 0.0)
    assert np.abs(changed.astype(int) - pixels).max() <= 1


@pytest.mark.parametrize("preset", PRESETS)
@given(seed=st.integers(0, 1000), wide=st.integers(1, 300), high=st.integers(1, 300))
def test_a_preset_gives_a_square_of_any_picture(
    preset: Preset, seed: int, wide: int, high: int
) -> None:
    picture = np.full((high, wide, 3), seed % 256, np.uint8)
    apply = augmentation(preset, strength=1.5).apply
    changed = apply(picture, side=24, random=np.random.default_rng(seed))
    assert (changed.shape, changed.dtype) == ((24, 24, 3), np.uint8)
    assert changed.flags.c_contiguous
    assert changed.flags.writeable


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_repeated_by_its_seed(preset: Preset, pixels: Pixels) -> None:
    apply = augmentation(preset).apply
    first, second = (
        [apply(pixels, side=32, random=random) for _ in range(20)]
        for random in (np.random.default_rng(4), np.random.default_rng(4))
    )
    assert np.array_equal(first, second)
    assert (len({picture.tobytes() for picture in first}) == 20) == (preset != "none")


@pytest.mark.parametrize("preset", PRESETS)
def test_no_strength_is_the_picture_as_it_is_searched_for(preset: Preset, pixels: Pixels) -> None:
    changed = augmentation(preset, strength=0.0).apply(
        pixels, side=48, random=np.random.default_rng(0)
    )
    assert np.array_equal(changed, fit(pixels, 48))


def test_the_picture_laid_upon_or_under_is_the_one_given(pixels: Pixels) -> None:
    green = np.zeros((9, 9, 3), np.uint8)
    green[..., 1] = 255
    for seed in range(6):
        changed = overlay_picture(pixels, np.random.default_rng(seed), 1.0, other=green)
        shares = (changed == green[0, 0]).all(axis=2).mean()
        assert 0.0 < shares < 0.95
    changed = [
        augmentation("copy").apply(pixels, side=32, random=np.random.default_rng(seed), other=other)
        for other in (None, green)
        for seed in range(20)
    ]
    differing = sum(
        not np.array_equal(one, two) for one, two in zip(changed[:20], changed[20:], strict=True)
    )
    assert 1 <= differing <= 15


def test_fingerprints_tell_presets_and_strengths_apart() -> None:
    prints = {augmentation(preset, strength=s).fingerprint for preset in PRESETS for s in (0.5, 1)}
    assert len(prints) == 7  # the preset "none" has no strength
    assert augmentation("copy").fingerprint == augmentation("copy").fingerprint


def test_unknown_presets_strengths_and_pixels_are_refused(pixels: Pixels) -> None:
    random = np.random.default_rng(0)
    with pytest.raises(UsageError, match="category, instance, copy, none"):
        augmentation("strong")  # type: ignore[arg-type]
    for strength in (-0.1, 2.1, float("nan")):
        with pytest.raises(UsageError, match="strength"):
            augmentation("copy", strength=strength)
    for wrong, side in ((pixels[..., 0], 8), (pixels.astype(np.float32), 8), (pixels, 0)):
        with pytest.raises(UsageError):
            augmentation("copy").apply(wrong, side=side, random=random)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_slanted_view_agrees_with_an_upright_one(mirrored: bool, make_scene: MakeScene) -> None:
    image = make_scene(5, (90, 60))
    upright = render(image, View(50, 30, 60, 50, mirrored=mirrored), (60, 50))
    for view in (
        View(50, 30, 60, 50, angle=1e-9, mirrored=mirrored),
        View(50, 30, 60, 50, shift=(1e-9,) * 8, mirrored=mirrored),
    ):
        slanted = render(image, view, (60, 50))
        assert np.abs(np.asarray(slanted, int) - np.asarray(upright, int)).max() <= 1


def test_a_quarter_turn_moves_every_pixel_to_its_place(make_scene: MakeScene) -> None:
    image = make_scene(6, (40, 40))
    turned = render(image, View(20, 20, 40, 40, angle=90.0), (40, 40))
    expected = np.rot90(np.asarray(image), 1).astype(int)
    assert np.abs(np.asarray(turned, int) - expected).max() <= 1


@given(
    st.floats(0, 100),
    st.floats(0, 60),
    st.floats(1, 100),
    st.floats(1, 60),
    st.floats(-45, 45),
)
def test_a_view_kept_inside_shows_nothing_else(
    x: float, y: float, width: float, height: float, angle: float
) -> None:
    view = keep_inside(View(x, y, width, height, angle), (100, 60))
    for corner_x, corner_y in view.corners():
        assert -1e-6 <= corner_x <= 100 + 1e-6
        assert -1e-6 <= corner_y <= 60 + 1e-6


def test_grey_stays_grey_but_for_the_tint() -> None:
    grey = Image.new("RGB", (4, 4), (127, 127, 127))
    for seed in range(20):
        matrix = draw_matrix(np.random.default_rng(seed), 1.0)
        red, green, blue = np.asarray(apply_matrix(grey, matrix), int)[0, 0]
        assert max(red, green, blue) - min(red, green, blue) <= 40


def test_scenes_differ_by_seed_and_have_the_size_asked_for() -> None:
    scenes = [draw_scene((30, 20), np.random.default_rng(seed)) for seed in range(3)]
    assert {scene.size for scene in scenes} == {(30, 20)}
    assert len({scene.tobytes() for scene in scenes}) == 3


def test_a_picture_is_still_the_same_thing(make_scene: MakeScene) -> None:
    """The gentle preset stays nearer to its own picture than to any other."""
    originals = [fit(np.asarray(make_scene(seed)), 16).astype(float) for seed in range(6)]
    apply = augmentation("category", strength=0.5).apply
    right = 0
    for seed in range(6):
        scene = np.asarray(make_scene(seed))
        changed = apply(scene, side=16, random=np.random.default_rng(seed))
        distances = [np.abs(changed - original).mean() for original in originals]
        right += int(np.argmin(distances)) == seed
    assert right >= 4
