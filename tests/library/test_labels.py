"""The user's own names: taught, corrected, forgotten, and seen by other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

import lookalike
from lookalike import Library, NotInLibraryError


@pytest.fixture
def library(tmp_path: Path, scenes: Path) -> Iterator[Library]:
    with lookalike.open(tmp_path / "own.lookalike") as opened:
        opened.add(scenes, workers=1)
        yield opened


def test_a_taught_name_is_recognised_beside_those_of_imagenet(
    library: Library, scenes: Path
) -> None:
    assert library.recognize(scenes / "scene-0.jpg").own is None
    assert library.labels.add("first", scenes / "scene-0.jpg") == 1
    assert library.labels.add("first", scenes / "scene-0.jpg") == 0
    library.labels.add("second", scenes / "scene-1.jpg")
    found = library.recognize(scenes / "scene-0.jpg")
    assert len(found) == 5
    assert found.own is not None
    assert found.own.best == "first"
    total = sum(label.probability for label in found.own.labels) + found.own.unknown
    assert total == pytest.approx(1.0)
    assert found.to_dict()["own"]["best"] == "first"
    assert list(library.labels) == ["first", "second"]
    assert "first" in library.labels
    assert "third" not in library.labels


def test_a_correction_is_seen_at_once_by_every_open_library(library: Library, scenes: Path) -> None:
    picture = scenes / "scene-2.jpg"
    library.labels.add("wrong", picture)
    library.labels.add("other", scenes / "scene-3.jpg")
    with lookalike.open(library.path) as second:
        answer = second.recognize(picture).own
        assert answer is not None
        assert answer.best == "wrong"
        library.labels.add("right", picture)
        assert library.labels.remove("wrong", picture) == 1
        answer = second.recognize(picture).own
        assert answer is not None
        assert answer.best == "right"
        library.labels.remove("right")
        library.labels.remove("other")
        assert second.recognize(picture).own is None


def test_a_picture_outside_of_the_library_is_kept_when_its_file_is_gone(
    library: Library, tmp_path: Path, make_scene: Callable[[int], Image.Image]
) -> None:
    path = tmp_path / "outside.png"
    make_scene(70).save(path)
    library.labels.add("outside", path, make_scene(71))
    (info,) = library.labels.list()
    assert (info.images, info.outside) == (0, 2)
    data = path.read_bytes()
    path.unlink()
    answer = library.recognize(data).own
    assert answer is not None
    assert answer.best == "outside"
    assert library.labels.remove("outside", data) == 1
    assert library.labels.remove("outside", make_scene(71)) == 1
    assert len(library.labels) == 0


def test_an_example_without_a_vector_of_the_model_gets_one_from_its_copy(
    library: Library, tmp_path: Path, make_scene: Callable[[int], Image.Image]
) -> None:
    path = tmp_path / "outside.png"
    make_scene(70).save(path)
    library.labels.add("outside", path)
    with library.session.catalog.writing() as connection:
        connection.exec_driver_sql("DELETE FROM name_vectors")
    with lookalike.open(library.path) as opened:
        answer = opened.recognize(path).own
        assert answer is not None
        assert answer.best == "outside"


def test_examples_go_with_their_image(library: Library, scenes: Path) -> None:
    library.labels.add("gone", scenes / "scene-0.jpg")
    library.labels.add("stays", scenes / "scene-1.jpg")
    assert len(library.labels.image_ids("gone")) == 1
    library.remove(scenes / "scene-0.jpg")
    assert list(library.labels) == ["stays"]
    with pytest.raises(NotInLibraryError, match="gone"):
        library.labels.image_ids("gone")


def test_folders_are_learned_and_learned_again(
    library: Library, tmp_path: Path, make_scene: Callable[[int], Image.Image]
) -> None:
    for number, name in enumerate(["cat", "cat", "dog", "dog"]):
        (tmp_path / "taught" / name).mkdir(parents=True, exist_ok=True)
        make_scene(80 + number).save(tmp_path / "taught" / name / f"{number}.png")
    (tmp_path / "taught" / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    report = library.labels.learn(tmp_path / "taught")
    assert (report.names, report.added, report.removed, len(report.failures)) == (2, 4, 0, 1)
    library.labels.add("cat", make_scene(90))
    (tmp_path / "taught" / "cat" / "0.png").unlink()
    report = library.labels.learn(tmp_path / "taught")
    assert (report.added, report.removed) == (0, 1)
    assert [(one.name, one.outside) for one in library.labels.list()] == [("cat", 2), ("dog", 2)]
    check = library.labels.check()
    assert check.accuracy is not None
    assert [one.judged for one in check.names] == [2, 2]


def test_a_column_of_the_metadata_is_learned(
    library: Library, tmp_path: Path, make_scene: Callable[[int], Image.Image]
) -> None:
    for number in range(4):
        make_scene(60 + number).save(tmp_path / f"{number}.png")
    (tmp_path / "table.csv").write_text("image,category\n0.png,a\n1.png,a\n2.png,b\n3.png,\n")
    library.add(tmp_path / "table.csv", workers=1)
    report = library.labels.learn(column="category")
    assert (report.names, report.added) == (2, 3)
    assert report.skipped == len(library) - 3
    with pytest.raises(lookalike.EmptySourceError, match="category"):
        library.labels.learn(column="colour")


@pytest.mark.parametrize("name", ["", "  ", "a\x1bb", "a\nb", "unknown", "Unknown", "x" * 201])
def test_a_name_that_cannot_be_one_is_refused(library: Library, scenes: Path, name: str) -> None:
    with pytest.raises(lookalike.UsageError):
        library.labels.add(name, scenes / "scene-0.jpg")
    assert len(library.labels) == 0


def test_a_name_may_look_like_sql(library: Library, scenes: Path) -> None:
    name = "'); DROP TABLE images; --"
    library.labels.add(name, scenes / "scene-0.jpg")
    assert list(library.labels) == [name]
    assert len(library) > 0


def test_one_bad_picture_changes_nothing(library: Library, scenes: Path) -> None:
    broken = scenes / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    for bad in (broken, scenes / "nowhere.jpg", scenes):
        with pytest.raises(lookalike.LookalikeError):
            library.labels.add("name", scenes / "scene-0.jpg", bad)
    assert len(library.labels) == 0


def test_what_is_not_there_cannot_be_removed(library: Library, scenes: Path) -> None:
    with pytest.raises(lookalike.NotInLibraryError, match="no labels"):
        library.labels.remove("shoe")
    with pytest.raises(lookalike.NotInLibraryError, match="no labels"):
        library.labels.check()
    library.labels.add("shoe", scenes / "scene-0.jpg", scenes / "scene-1.jpg")
    with pytest.raises(lookalike.NotInLibraryError, match="shoe"):
        library.labels.remove("boot")
    with pytest.raises(lookalike.NotInLibraryError, match="no example"):
        library.labels.remove("shoe", scenes / "scene-0.jpg", scenes / "scene-2.jpg")
    assert len(library.labels["shoe"]) == 2


def test_wrong_uses_of_learn_are_said(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(lookalike.UsageError):
        library.labels.learn()
    with pytest.raises(lookalike.EmptySourceError):
        library.labels.learn(tmp_path / "empty")
    with pytest.raises(lookalike.SourceNotFoundError):
        library.labels.learn(tmp_path / "nowhere")


def test_pictures_with_two_names_are_listed_by_check(library: Library, scenes: Path) -> None:
    library.labels.add("one", scenes / "scene-0.jpg", scenes / "scene-1.jpg")
    library.labels.add("two", scenes / "scene-0.jpg")
    ((uri, names),) = library.labels.check().contradictions
    assert Path(uri).name == "scene-0.jpg"
    assert names == ("one", "two")


def test_progress_tells_of_each_picture(library: Library, scenes: Path) -> None:
    told: list[lookalike.Progress] = []
    library.labels.add("two", *sorted(scenes.glob("*.jpg"))[:2], progress=told.append)
    assert [(one.done, one.total, one.stage) for one in told] == [
        (0, 2, "labels"),
        (1, 2, "labels"),
    ]
