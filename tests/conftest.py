"""Pictures that tests make for themselves, and the real ones where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

# A slow machine is no defect: no example has a deadline. Where CI is set, the examples are the same
# each time, so that a change is not blamed for what was there before.
settings.register_profile(
    "lookalike",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("lookalike")

REAL_PICTURES = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def real_pictures() -> Path:
    """Return the folder of real pictures beside the project, or skip the test."""
    if not REAL_PICTURES.is_dir():
        pytest.skip(f"no real pictures at {os.path.relpath(REAL_PICTURES)}: test not run")
    return REAL_PICTURES


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings and the default library of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("LOOKALIKE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LOOKALIKE_CONFIG", str(tmp_path / "no-settings.toml"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Return a picture of coloured shapes that no other seed gives."""
    generator = np.random.default_rng(seed)
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = np.empty((height, width, 3), dtype=np.float32)
    pixels[:] = generator.uniform(0, 255, 3)
    for _ in range(6):
        colour = generator.uniform(0, 255, 3)
        y, x = generator.uniform(0, height), generator.uniform(0, width)
        radius = generator.uniform(0.08, 0.3) * min(size)
        if generator.random() < 0.5:
            mask = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        else:
            mask = (abs(rows - y) < radius) & (abs(columns - x) < radius * 0.7)
        pixels[mask] = colour
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Image.Image]:
    """Return the function that makes a picture from a seed."""
    return scene


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Return a folder with twelve pictures in several formats and one sub-folder."""
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    for number in range(8):
        scene(number).save(folder / f"scene-{number}.jpg", quality=92)
    for number in range(8, 12):
        scene(number).save(folder / "deep" / f"scene-{number}.png")
    return folder
