"""A library of twelve small pictures, made anew for each test that changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

import lookalike


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Image.Image]
) -> Path:
    """Return the folder of a library and its pictures, which nobody may change."""
    folder = tmp_path_factory.mktemp("recommend")
    rows = ["image,page,sku"]
    for number in range(12):
        make_scene(number).save(folder / f"{number}.png")
        rows.append(f"{number}.png,https://example.org/{number},A-{number}")
    (folder / "3-copy.png").write_bytes((folder / "3.png").read_bytes())
    rows.append("3-copy.png,https://example.org/copy,A-copy")
    (folder / "goods.csv").write_text("\n".join(rows), encoding="utf-8")
    with lookalike.open(folder / "library") as library:
        library.add(folder / "goods.csv", workers=1)
    return folder


@pytest.fixture
def library(filled: Path, tmp_path: Path) -> Iterator[lookalike.Library]:
    """Return an opened copy of that library."""
    import shutil

    shutil.copytree(filled / "library", tmp_path / "library")
    with lookalike.open(tmp_path / "library") as opened:
        yield opened
