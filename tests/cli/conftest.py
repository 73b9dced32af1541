"""Run the command line inside the test process, and a library that several tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

import lookalike
from lookalike.cli.app import app


@pytest.fixture(autouse=True)
def _one_worker(_own_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Index with one process: starting more takes longer than these few pictures."""
    monkeypatch.setenv("LOOKALIKE_WORKERS", "1")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did: its exit code and what it printed where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON; fails when there is anything else in it."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def run() -> Run:
    """Return the function that runs one command in this process."""

    def run_command(*arguments: str | Path, input: bytes | None = None) -> Ran:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run_command


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library that is only read, with the pictures that are in it."""

    library: Path
    pictures: Path


@pytest.fixture(scope="session")
def shelf(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Image.Image]
) -> Shelf:
    """Return a library of five pictures, two of them from a table, and one failure."""
    root = tmp_path_factory.mktemp("shelf")
    pictures = root / "pictures"
    pictures.mkdir()
    for number in range(3):
        make_scene(number).save(pictures / f"scene-{number}.jpg", quality=92)
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    goods = root / "goods"
    goods.mkdir()
    make_scene(10).save(goods / "a.png")
    make_scene(11).save(goods / "b.png")
    (goods / "table.csv").write_text(
        "image,page,price\na.png,https://example.org/a?x=1,10\nb.png,,20\n", encoding="utf-8"
    )
    with lookalike.open(root / "shelf.lookalike") as library:
        library.add(pictures, workers=1)
        library.add(goods / "table.csv", page_url_column="page", workers=1)
    return Shelf(root / "shelf.lookalike", pictures)
