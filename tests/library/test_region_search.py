"""Search with a part of a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.errors import UsageError

EXIF_ORIENTATION = 0x0112


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Image.Image]
) -> Iterator[lookalike.Library]:
    folder = tmp_path_factory.mktemp("regions")
    for seed in range(9):
        make_scene(seed).save(folder / f"{seed}.png")
    with lookalike.open(folder / "lib") as opened:
        opened.add(folder, workers=1)
        yield opened


@pytest.fixture(scope="module")
def board(make_scene: Callable[..., Image.Image]) -> Image.Image:
    """Return scenes 0 to 8 in three rows, each of 800 × 600 pixels."""
    whole = Image.new("RGB", (2400, 1800))
    for seed in range(9):
        place = (seed % 3 * 800, seed // 3 * 600)
        whole.paste(make_scene(seed).resize((800, 600), Image.Resampling.LANCZOS), place)
    return whole


def names(hits: lookalike.Hits) -> list[str]:
    return [Path(hit.uri).stem for hit in hits]


@pytest.mark.parametrize("ending", ["jpg", "png"])
@pytest.mark.parametrize(
    "region",
    [(1600, 600, 800, 600), (0.66675, 0.3334, 0.333, 0.333), (0.66675, 0.3334, 1 / 3, 1 / 3)],
)
def test_a_region_finds_what_it_shows(
    library: lookalike.Library,
    board: Image.Image,
    tmp_path: Path,
    ending: str,
    region: tuple[float, ...],
) -> None:
    board.save(tmp_path / f"board.{ending}", quality=95)
    (hit,) = library.search(tmp_path / f"board.{ending}", region=region, k=1)
    assert names([hit]) == ["5"]  # type: ignore[arg-type]
    assert hit.score > 0.9


def test_a_region_is_that_of_the_upright_picture(
    library: lookalike.Library, board: Image.Image, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6  # to be turned by 90° clockwise to stand upright
    turned = board.transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "turned.jpg", quality=95, exif=exif)
    hits = library.search(tmp_path / "turned.jpg", region=(800, 1200, 800, 600), k=1)
    assert names(hits) == ["7"]


def test_pixels_in_memory_have_regions_too(library: lookalike.Library, board: Image.Image) -> None:
    region = (0, 1200, 800, 600)
    for query in (board, np.asarray(board)):
        assert names(library.search(query, region=region, k=1)) == ["6"]
    batch = library.search_batch([board, board], region=region, k=1)
    assert [names(hits) for hits in batch] == [["6"], ["6"]]


def test_what_has_no_region_is_told(library: lookalike.Library, board: Image.Image) -> None:
    with pytest.raises(UsageError, match="which is 2400 × 1800 pixels"):
        library.search(board, region=(2000, 0, 800, 600))
    with pytest.raises(UsageError, match="not of words, and not of a sum"):
        library.search("a red car", region=(0, 0, 10, 10))
    with pytest.raises(UsageError, match="not of words, and not of a sum"):
        library.search(positive=[board, board], region=(0, 0, 10, 10))
    with pytest.raises(UsageError, match="A region is x,y,width,height"):
        library.search(board, region=(0, 0, 10))
