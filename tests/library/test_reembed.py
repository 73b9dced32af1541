"""Changing the model of a library: the old one answers until the new one takes over at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.encoders import add_model, model_card
from lookalike.errors import UsageError

Scene = Callable[..., Image.Image]

REEMBED = """
import sys
import lookalike
def show(state):
    print(state.done, flush=True)
with lookalike.open(sys.argv[1]) as library:
    library.reembed("own", workers=1, progress=show)
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[lookalike.Library]:
    with lookalike.open(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def own(tmp_path: Path) -> str:
    """Add a model like the shipped one without names of classes: another row of generations."""
    folder = tmp_path / "own.model"
    shutil.copytree(model_card().folder, folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["labels"]
    card["name"] = "own"
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return add_model(folder).name


def vectors(folder: Path) -> dict[str, int]:
    """Count the vectors of each model, as another program would."""
    connection = sqlite3.connect(folder / "catalog.sqlite")
    try:
        return dict(
            connection.execute(
                "SELECT model, count(vectors.id) FROM generations LEFT JOIN vectors "
                "ON generation_id = generations.id GROUP BY model"
            )
        )
    finally:
        connection.close()


def active(folder: Path) -> str:
    connection = sqlite3.connect(folder / "catalog.sqlite")
    try:
        return str(connection.execute("SELECT model FROM generations WHERE active").fetchone()[0])
    finally:
        connection.close()


def test_every_picture_gets_a_vector_of_the_new_model(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    query = str(scenes / "scene-3.jpg")
    before = [hit.uri for hit in library.search(query, k=5)]
    report = library.reembed(own, workers=1)
    assert (report.switched, report.embedded, report.failures) == (True, 12, ())
    assert vectors(library.path) == {"efficientnet-lite0": 0, "own": 12}
    assert library.stats().model == "own"
    assert [hit.uri for hit in library.search(query, k=5)] == before
    assert library.check() == ()


def test_parts_go_with_the_model_that_gave_them(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes, parts=True)
    query = scenes / "scene-3.jpg"
    assert library.search(query, parts=True)
    library.reembed(own, workers=1)
    with pytest.raises(UsageError, match="no parts of pictures"):
        library.search(query, parts=True)
    assert sqlite3.connect(library.path / "catalog.sqlite").execute(
        "SELECT count(*) FROM picture_parts"
    ).fetchone() == (0,)
    library.add(scenes, parts=True, workers=1)
    assert library.search(query, parts=True, k=1)[0].score > 0.999


def test_names_go_with_the_model_that_gave_them(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    assert library.stats().labels
    library.reembed(own, workers=1)
    assert library.stats().labels == ()


def test_old_vectors_may_be_kept_and_going_back_embeds_nothing(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    library.reembed(own, workers=1, keep_old=True)
    assert vectors(library.path) == {"efficientnet-lite0": 12, "own": 12}
    report = library.reembed("efficientnet-lite0", workers=1)
    assert (report.switched, report.embedded) == (True, 0)
    assert vectors(library.path) == {"efficientnet-lite0": 12, "own": 0}


def test_going_back_after_the_old_vectors_were_removed_embeds_them_anew(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    library.reembed(own, workers=1)
    assert library.reembed("efficientnet-lite0", workers=1).embedded == 12
    query = str(scenes / "scene-3.jpg")
    assert library.search(query, k=1)[0].uri == query
    assert library.check() == ()


def test_a_lost_picture_keeps_the_old_model_until_it_may_be_dropped(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    lost = scenes / "scene-5.jpg"
    lost.unlink()
    report = library.reembed(own, workers=1)
    assert not report.switched
    assert [failure.uri for failure in report.failures] == [str(lost)]
    assert library.stats().model == "efficientnet-lite0"
    assert str(lost) in library
    report = library.reembed(own, workers=1, drop_missing=True)
    assert (report.switched, report.embedded, report.removed) == (True, 0, 1)
    assert len(library) == 11
    assert [failure.uri for failure in library.failures()] == [str(lost)]


def test_an_open_library_follows_the_switch_that_another_makes(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    query = str(scenes / "scene-3.jpg")
    library.search(query, k=1)
    with lookalike.open(library.path) as other:
        other.reembed(own, workers=1)
    assert library.search(query, k=1)[0].uri == query
    assert library.stats().model == "own"


class Switching:
    """The path of a picture; who reads it first finds that another model has taken over."""

    def __init__(self, path: Path, library: Path, model: str) -> None:
        self.path, self.library, self.model = path, library, model
        self.switched = False

    def __fspath__(self) -> str:
        if not self.switched:
            self.switched = True
            with lookalike.open(self.library) as other:
                other.reembed(self.model, workers=1)
        return str(self.path)


def test_a_search_that_began_before_the_switch_is_asked_again(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    query = Switching(scenes / "scene-3.jpg", library.path, own)
    (found,) = library.search_batch([query], k=5)
    assert query.switched
    assert [hit.uri for hit in found] == [hit.uri for hit in library.search(query, k=5)]
    assert len(found) == 5


def test_what_was_recognised_before_the_switch_is_asked_again(
    library: lookalike.Library, scenes: Path, own: str
) -> None:
    library.add(scenes)
    library.labels.add("mine", scenes / "scene-3.jpg")
    query = Switching(scenes / "scene-3.jpg", library.path, own)
    found = library.recognize(query)
    assert query.switched
    assert found == library.recognize(query)
    assert len(found) == 0  # the model that took over has no names of classes


def test_a_picture_added_by_who_opened_before_the_switch_gets_the_new_vector(
    library: lookalike.Library, scenes: Path, own: str, make_scene: Scene
) -> None:
    library.add(scenes)
    with lookalike.open(library.path) as other:
        other.reembed(own, workers=1)
    make_scene(99).save(scenes / "late.jpg")
    library.add(scenes, workers=1)
    assert vectors(library.path) == {"efficientnet-lite0": 0, "own": 13}


def test_a_model_in_a_folder_has_to_be_added_first(
    library: lookalike.Library, scenes: Path, tmp_path: Path, own: str
) -> None:
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(lookalike.UsageError, match="models add"):
        library.reembed(str(tmp_path / "own.model"))


def test_kills_lose_nothing_and_the_next_run_goes_on(
    library: lookalike.Library, tmp_path: Path, own: str, make_scene: Scene
) -> None:
    pictures = tmp_path / "many"
    pictures.mkdir()
    for number in range(500):
        make_scene(number, (64, 64)).save(pictures / f"{number}.jpg")
    library.add(pictures)
    query = str(pictures / "17.jpg")
    best = [hit.uri for hit in library.search(query, k=5)]
    done = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", REEMBED, str(library.path)],
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=os.environ,
        )
        assert process.stdout is not None
        while int(process.stdout.readline() or 500) <= done:
            pass
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert active(library.path) == "efficientnet-lite0"
        assert [hit.uri for hit in library.search(query, k=5)] == best
        assert vectors(library.path)["own"] >= done
        done = vectors(library.path)["own"]
    assert 0 < done < 500
    report = library.reembed(own, workers=2)
    assert (report.switched, report.embedded) == (True, 500 - done)
    assert vectors(library.path) == {"efficientnet-lite0": 0, "own": 500}
    assert [hit.uri for hit in library.search(query, k=5)] == best
    assert library.check() == ()


def test_pictures_added_by_another_process_meanwhile_are_embedded_too(
    library: lookalike.Library, tmp_path: Path, own: str, make_scene: Scene
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, start in ((first, 0), (second, 200)):
        folder.mkdir()
        for number in range(start, start + 60):
            make_scene(number, (64, 64)).save(folder / f"{number}.jpg")
    library.add(first)
    command = [sys.executable, "-m", "lookalike", "index", str(second), "--workers", "1"]
    others: list[subprocess.Popen[bytes]] = []

    def begin(state: lookalike.Progress) -> None:
        if not others:
            others.append(subprocess.Popen([*command, "--library", str(library.path), "--json"]))

    counts: list[int] = []
    stop = threading.Event()

    def search() -> None:
        with lookalike.open(library.path) as reader:
            while not stop.is_set():
                counts.append(len(reader.search(np.asarray(make_scene(3, (64, 64))), k=50)))

    reader = threading.Thread(target=search)
    reader.start()
    try:
        report = library.reembed(own, workers=1, progress=begin)
        assert others[0].wait(timeout=300) == 0
    finally:
        stop.set()
        reader.join()
    assert report.switched
    assert set(counts) == {50}
    assert vectors(library.path) == {"efficientnet-lite0": 0, "own": 120}
    assert library.check() == ()
