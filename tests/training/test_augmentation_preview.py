"""The sheet of augmented views."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("torch")

from lookalike.cli.app import app
from lookalike.errors import UsageError
from lookalike.training import Recipe, preset, preview_augmentation, read_data


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(6):
        path = tmp_path / "data" / f"class {number % 3}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    return tmp_path / "data"


def test_the_sheet_shows_pictures_beside_views_that_differ(pictures: Path) -> None:
    data = read_data([pictures])
    recipe = preset("head").changed(augmentation="copy", strength=1.0)
    sheet = preview_augmentation(data, recipe, pictures=2, views=3)
    assert sheet.size == (4 * 166 + 12, 2 * 166 + 6)
    again = preview_augmentation(data, recipe, pictures=2, views=3)
    assert sheet.tobytes() == again.tobytes()
    other = preview_augmentation(data, recipe.changed(seed=1), pictures=2, views=3)
    assert sheet.tobytes() != other.tobytes()
    tiles = {sheet.crop((left, 6, left + 160, 166)).tobytes() for left in (6, 178, 344, 510)}
    assert len(tiles) == 4


def test_greyscale_is_drawn_in_grey(pictures: Path) -> None:
    recipe = Recipe(augmentation="none", greyscale=True)
    pixels = np.asarray(preview_augmentation(read_data([pictures]), recipe, pictures=1, views=1))
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_no_rows_or_views_are_refused(pictures: Path) -> None:
    data = read_data([pictures])
    with pytest.raises(UsageError, match="at least one"):
        preview_augmentation(data, preset("head"), views=0)


def test_the_command_draws_and_trains_nothing(pictures: Path, tmp_path: Path) -> None:
    file = tmp_path / "sheet.png"
    result = CliRunner().invoke(app, ["train", str(pictures), "--preview-augmentation", str(file)])
    assert result.exit_code == 0, result.output
    with Image.open(file) as sheet:
        assert sheet.format == "PNG"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "sheet.png"]


@pytest.mark.parametrize("name", ["sheet.txt", "missing/sheet.png"])
def test_a_sheet_that_cannot_be_written_is_refused(
    pictures: Path, tmp_path: Path, name: str
) -> None:
    arguments = ["train", str(pictures), "--preview-augmentation", str(tmp_path / name)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "cannot be the sheet" in result.output


def test_training_needs_a_folder_for_the_model(pictures: Path) -> None:
    result = CliRunner().invoke(app, ["train", str(pictures)])
    assert result.exit_code == 2
    assert "--out" in result.output
