"""Filters by the user's own names: given to a picture, or recognised in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike import Library, UsageError
from lookalike.sources import path_to_uri

Scene = Callable[..., Image.Image]


@pytest.fixture
def library(tmp_path: Path, make_scene: Scene) -> Iterator[Library]:
    """Return three scenes in three sizes each, named ``0-small.png`` to ``2-large.png``."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        scene = make_scene(number)
        for name, share in (("small", 0.7), ("middle", 0.85), ("large", 1.0)):
            size = (round(scene.width * share), round(scene.height * share))
            scene.resize(size).save(folder / f"{number}-{name}.png")
    with lookalike.open(tmp_path / "own.lookalike") as opened:
        opened.add(folder, workers=1)
        yield opened


def picture(library: Library, name: str) -> Path:
    return library.path.parent / "pictures" / f"{name}.png"


def passing(library: Library, where: str) -> list[str]:
    return sorted(Path(image.uri).stem for image in library.images(where=where))


def scene(number: int) -> list[str]:
    return [f"{number}-{size}" for size in ("large", "middle", "small")]


def test_images_that_are_recognised_pass_beside_the_examples(library: Library) -> None:
    library.names.add("Shoe", picture(library, "0-large"))
    library.names.add("boot", picture(library, "1-large"))
    for where in ("taught = 'Shoe'", "taught = 'shoe'", "taught like 's%'", "taught in ('shoe')"):
        assert passing(library, where) == scene(0)
    assert passing(library, "taught = 'shoe' or taught = 'boot'") == scene(0) + scene(1)
    assert passing(library, "taught is not null") == scene(0) + scene(1)
    assert passing(library, "taught is null") == scene(2)
    assert passing(library, "taught != 'boot'") == scene(0) + scene(2)
    assert passing(library, "not taught in ('boot', 'shoe')") == scene(2)
    hits = library.search(picture(library, "2-small"), where="taught = 'boot'", k=9)
    assert sorted(Path(hit.uri).stem for hit in hits) == scene(1)


def test_the_answers_are_those_of_recognition(library: Library) -> None:
    library.names.add("shoe", picture(library, "0-large"))
    library.names.add("boot", picture(library, "1-large"))
    answers = {
        name: library.recognize(picture(library, name)).names
        for name in scene(0) + scene(1) + scene(2)
    }
    for name in ("shoe", "boot"):
        own = sorted(one for one, found in answers.items() if found and found.best == name)
        assert passing(library, f"taught = '{name}'") == own


def test_a_correction_and_a_new_picture_count_at_once(library: Library) -> None:
    library.names.add("shoe", picture(library, "0-large"))
    assert passing(library, "taught = 'shoe'") == scene(0)
    library.names.add("boot", picture(library, "0-small"))
    assert "0-small" not in passing(library, "taught = 'shoe'")
    library.names.add("shoe", picture(library, "0-small"))  # both now
    assert "0-small" in passing(library, "taught = 'shoe'")
    assert "0-small" in passing(library, "taught = 'boot'")
    library.names.remove("boot")
    with Image.open(picture(library, "0-large")) as opened:
        opened.resize((opened.width // 2, opened.height // 2)).save(picture(library, "0-tiny"))
    library.add(picture(library, "0-tiny"), workers=1)
    assert "0-tiny" in passing(library, "taught = 'shoe'")
    library.names.remove("shoe")
    assert len(passing(library, "taught is null")) == 10


def test_an_example_outside_of_the_library_teaches_too(library: Library, make_scene: Scene) -> None:
    library.names.add("boot", np.asarray(make_scene(1)))
    assert passing(library, "taught = 'boot'") == scene(1)


def test_a_column_of_that_name_is_asked_as_metadata(tmp_path: Path, make_scene: Scene) -> None:
    make_scene(0).save(tmp_path / "a.png")
    (tmp_path / "x.csv").write_text("image,taught\na.png,yes\n", encoding="utf-8")
    with lookalike.open(tmp_path / "x.lookalike") as library:
        library.add(tmp_path / "x.csv", workers=1)
        uris = [image.uri for image in library.images(where="metadata.taught = 'yes'")]
    assert uris == [path_to_uri(tmp_path / "a.png")]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("taught = 'shoo'", "no such name. Did you mean 'shoe'"),
        ("taught > 'shoe'", "compare it with =, !=, in or like"),
        ("taught = 5", "single quotes"),
        ("taught = width", "no number"),
    ],
)
def test_what_cannot_be_asked_is_said(library: Library, where: str, said: str) -> None:
    library.names.add("shoe", picture(library, "0-large"))
    with pytest.raises(UsageError, match=said):
        list(library.images(where=where))
    with pytest.raises(UsageError, match="sorted"):
        list(library.images(sort="taught"))


def test_a_library_that_was_taught_nothing_says_how(library: Library) -> None:
    assert passing(library, "taught like '%'") == []
    with pytest.raises(UsageError, match="label add"):
        list(library.images(where="taught = 'shoe'"))
