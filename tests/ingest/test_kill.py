"""kill -9 while indexing: what was acknowledged stays, and the next run finishes the job."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import lookalike

INDEX = """
import sys
import lookalike
def show(state):
    print(state.done, flush=True)
with lookalike.open(sys.argv[2]) as library:
    library.add(sys.argv[1], progress=show)
"""


def stored(folder: Path) -> set[str]:
    """Read the uris as another program would, and see that none is there twice."""
    connection = sqlite3.connect(folder / "catalog.sqlite")
    try:
        uris = [row[0] for row in connection.execute("SELECT uri FROM images")]
        vectors = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
    finally:
        connection.close()
    assert len(uris) == len(set(uris)) == vectors
    return set(uris)


def kill_and_finish(pictures: Path, library_folder: Path, *, kills: int, count: int) -> None:
    chance = random.Random(5)
    lookalike.open(library_folder).close()
    before: set[str] = set()
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-c", INDEX, str(pictures), str(library_folder)],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 2.0))
        acknowledged = stored(library_folder)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        after = stored(library_folder)
        assert before <= acknowledged <= after
        before = after
    with lookalike.open(library_folder) as library:
        report = library.add(pictures)
        assert report.failed == 0
        assert report.added == count - len(before)
        assert report.unchanged == len(before)
        assert len(library) == count
        assert library.check() == ()
        name = str(pictures / "17.jpg")
        assert library.search(name, k=1)[0].uri == name
    assert len(stored(library_folder)) == count


def make(folder: Path, count: int, make_scene: Callable[..., Image.Image]) -> Path:
    folder.mkdir()
    for number in range(count):
        make_scene(number, (64, 64)).save(folder / f"{number}.jpg", quality=92)
    return folder


def test_three_kills_lose_nothing(tmp_path: Path, make_scene: Callable[..., Image.Image]) -> None:
    pictures = make(tmp_path / "pictures", 400, make_scene)
    kill_and_finish(pictures, tmp_path / "library", kills=3, count=400)


@pytest.mark.slow
def test_ten_kills_on_three_thousand_pictures_lose_nothing(
    tmp_path: Path, make_scene: Callable[..., Image.Image]
) -> None:
    pictures = make(tmp_path / "pictures", 3000, make_scene)
    kill_and_finish(pictures, tmp_path / "library", kills=10, count=3000)
