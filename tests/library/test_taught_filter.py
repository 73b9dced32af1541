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
    return sorted(Path(image.uri).stem for image in library.iterate(where=where))


def scene(number: int) -> list[str]:
    return [f"{number}-{size}" for size in ("large", "middle", "small")]


def test_images_that_are_recognised_pass_beside_the_examples(library: Library) -> None:
    library.labels.add("Shoe", picture(library, "0-large"))
    library.labels.add("boot", picture(library, "1-large"))
    for where in (
        "label_own = 'Shoe'",
        "label_own = 'shoe'",
        "label_own like 's%'",
        "label_own in ('shoe')",
    ):
        assert passing(library, where) == scene(0)
    assert passing(library, "label_own = 'shoe' or label_own = 'boot'") == scene(0) + scene(1)
    assert passing(library, "label_own is not null") == scene(0) + scene(1)
    assert passing(library, "label_own is null") == scene(2)
    assert passing(library, "label_own != 'boot'") == scene(0) + scene(2)
    assert passing(library, "not label_own in ('boot', 'shoe')") == scene(2)
    hits = library.search(picture(library, "2-small"), where="label_own = 'boot'", k=9)
    assert sorted(Path(hit.uri).stem for hit in hits) == scene(1)


def test_the_answers_are_those_of_recognition(library: Library) -> None:
    library.labels.add("shoe", picture(library, "0-large"))
    library.labels.add("boot", picture(library, "1-large"))
    answers = {
        name: library.recognize(picture(library, name)).own
        for name in scene(0) + scene(1) + scene(2)
    }
    for name in ("shoe", "boot"):
        own = sorted(one for one, found in answers.items() if found and found.best == name)
        assert passing(library, f"label_own = '{name}'") == own


def test_a_correction_and_a_new_picture_count_at_once(library: Library) -> None:
    library.labels.add("shoe", picture(library, "0-large"))
    assert passing(library, "label_own = 'shoe'") == scene(0)
    library.labels.add("boot", picture(library, "0-small"))
    assert "0-small" not in passing(library, "label_own = 'shoe'")
    library.labels.add("shoe", picture(library, "0-small"))  # both now
    assert "0-small" in passing(library, "label_own = 'shoe'")
    assert "0-small" in passing(library, "label_own = 'boot'")
    library.labels.remove("boot")
    with Image.open(picture(library, "0-large")) as opened:
        opened.resize((opened.width // 2, opened.height // 2)).save(picture(library, "0-tiny"))
    library.add(picture(library, "0-tiny"), workers=1)
    assert "0-tiny" in passing(library, "label_own = 'shoe'")
    library.labels.remove("shoe")
    assert len(passing(library, "label_own is null")) == 10


def test_an_example_outside_of_the_library_teaches_too(library: Library, make_scene: Scene) -> None:
    library.labels.add("boot", np.asarray(make_scene(1)))
    assert passing(library, "label_own = 'boot'") == scene(1)


def test_a_column_of_that_name_is_asked_as_metadata(tmp_path: Path, make_scene: Scene) -> None:
    make_scene(0).save(tmp_path / "a.png")
    (tmp_path / "x.csv").write_text("image,label_own,taught\na.png,yes,no\n", encoding="utf-8")
    with lookalike.open(tmp_path / "x.lookalike") as library:
        library.add(tmp_path / "x.csv", workers=1)
        where = "metadata.label_own = 'yes' and taught = 'no'"
        uris = [image.uri for image in library.iterate(where=where)]
    assert uris == [path_to_uri(tmp_path / "a.png")]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("label_own = 'shoo'", "no such label. Did you mean 'shoe'"),
        ("label_own > 'shoe'", "compare it with =, !=, in or like"),
        ("label_own = 5", "single quotes"),
        ("label_own = width", "no number"),
    ],
)
def test_what_cannot_be_asked_is_said(library: Library, where: str, said: str) -> None:
    library.labels.add("shoe", picture(library, "0-large"))
    with pytest.raises(UsageError, match=said):
        list(library.iterate(where=where))
    with pytest.raises(UsageError, match="sorted"):
        list(library.iterate(sort="label_own"))


def test_a_library_that_was_taught_nothing_says_how(library: Library) -> None:
    assert passing(library, "label_own like '%'") == []
    with pytest.raises(UsageError, match="label add"):
        list(library.iterate(where="label_own = 'shoe'"))


def test_a_label_is_that_of_the_network_or_an_own_one(library: Library) -> None:
    library.labels.add("shoe", picture(library, "0-large"))
    own = passing(library, "label_own = 'shoe'")
    image = next(one for one in library.iterate() if one.labels and one.labels[0].name)
    name = image.labels[0].name.replace("'", "''")
    network = passing(library, f"label_network = '{name}'")
    assert network
    assert own == scene(0)
    assert passing(library, f"label = '{name}'") == network
    assert passing(library, "label = 'Shoe'") == own
    assert passing(library, f"label in ('shoe', '{name}')") == sorted({*own, *network})
    everything = passing(library, "width > 0")
    assert passing(library, "label != 'shoe'") == sorted({*everything} - {*own})
    assert {*own} <= {*passing(library, "label like 'sho_'")}
    assert {*passing(library, "label is null")}.isdisjoint(own)
    with pytest.raises(UsageError, match=r"label_network = 'shoe': the model .* no such label"):
        passing(library, "label_network = 'shoe'")
    with pytest.raises(UsageError, match=r"the model .*, and the library was taught no such label"):
        passing(library, "label = 'shoo'")


def test_the_name_before_says_what_it_is_now(library: Library) -> None:
    with pytest.raises(UsageError, match="The field taught is now label_own"):
        passing(library, "taught = 'shoe'")
