"""An image is named by its id, its path or its URL, wherever one is named."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike import Library, NotInLibraryError, UsageError

Scene = Callable[..., Image.Image]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, make_scene: Scene) -> Path:
    folder = tmp_path_factory.mktemp("addresses")
    for number in range(6):
        make_scene(number, (400, 300)).save(folder / f"{number} a.png")
    with lookalike.open(folder / "library") as library:
        library.add(folder, include=["*.png"], workers=1)
    return folder


@pytest.fixture
def library(filled: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(filled / "library", tmp_path / "library")
    with lookalike.open(tmp_path / "library") as opened:
        yield opened


@pytest.fixture(params=["id", "text", "path", "url", "numpy"])
def address(request: pytest.FixtureRequest, library: Library, filled: Path) -> object:
    """Return each way to name the picture 3."""
    path = filled / "3 a.png"
    image_id = next(one.image_id for one in library if one.uri == str(path))
    return {
        "id": image_id,
        "text": str(path),
        "path": path,
        "url": path.as_uri(),
        "numpy": np.int64(image_id),
    }[request.param]


def test_every_method_takes_every_address(library: Library, filled: Path, address: object) -> None:
    path = str(filled / "3 a.png")
    assert address in library
    info = library.get(address)  # type: ignore[arg-type]
    assert (info.uri, info.width, info.height) == (path, 400, 300)
    assert library.read(info.image_id) == Path(path).read_bytes()
    with Image.open(io.BytesIO(library.thumbnail(address, side=100))) as small:  # type: ignore[arg-type]
        assert (small.format, small.size) == ("JPEG", (100, 75))
    best = library.search(address, k=1)[0]  # type: ignore[arg-type]
    assert (best.uri, round(best.score, 2)) == (path, 1.0)
    assert len(library.recognize(address, k=2)) == 2  # type: ignore[arg-type]
    assert library.labels.add("three", address) == 1  # type: ignore[arg-type]
    assert library.labels.image_ids("three") == (info.image_id,)
    library.events.add("ann", address, "like")  # type: ignore[arg-type]
    assert [event.image_id for event in library.events.of("ann")] == [info.image_id]
    shown = library.recommend(like=[address], k=2)  # type: ignore[list-item]
    assert info.image_id not in [one.image_id for one in shown]
    assert library.labels.remove("three", address) == 1  # type: ignore[arg-type]
    assert library.remove(address, dry_run=True) == 1  # type: ignore[arg-type]
    assert len(library) == 6
    assert library.remove(address) == 1  # type: ignore[arg-type]
    assert address not in library
    assert len(library) == 5


@pytest.mark.parametrize("absent", [99, 0, -1, 2**70, "nothing.png", Path("/nothing.png")])
def test_what_is_not_there_is_one_error_everywhere(library: Library, absent: object) -> None:
    given: list[Callable[[], object]] = [
        lambda: library.get(absent),  # type: ignore[arg-type]
        lambda: library.read(absent),  # type: ignore[arg-type]
        lambda: library.thumbnail(absent),  # type: ignore[arg-type]
        lambda: library.remove(absent),  # type: ignore[arg-type]
        lambda: library.remove(absent, dry_run=True),  # type: ignore[arg-type]
        lambda: library.events.add("ann", absent, "like"),  # type: ignore[arg-type]
        lambda: library.labels["nobody"],
        lambda: library.labels.image_ids("nobody"),
        lambda: library.labels.remove("nobody"),
        lambda: library.events.of("nobody"),
        lambda: library.events.forget("nobody"),
    ]
    for ask in given:
        with pytest.raises(NotInLibraryError):
            ask()
    assert absent not in library
    assert len(library) == 6


def test_an_id_that_is_not_there_is_no_query(library: Library) -> None:
    for ask in (library.search, library.recognize, lambda one: library.labels.add("x", one)):
        with pytest.raises(NotInLibraryError, match="id 99"):
            ask(99)


@pytest.mark.parametrize("wrong", [True, 2.0, None, b"3", ["3"]])
def test_what_can_be_no_address_is_refused(library: Library, wrong: object) -> None:
    for ask in (library.get, library.read, library.remove):
        with pytest.raises(UsageError):
            ask(wrong)  # type: ignore[arg-type]
    assert wrong not in library


def test_a_folder_is_no_single_image(library: Library, filled: Path) -> None:
    with pytest.raises(UsageError, match="folder of 6 images"):
        library.get(filled)
    assert library.remove(filled, dry_run=True) == 6


def test_several_images_of_a_sum_may_be_ids(library: Library, filled: Path) -> None:
    first, second = (library.get(filled / f"{number} a.png").image_id for number in (1, 2))
    by_id = library.search(positive=[first, (second, 0.5)], k=4)
    by_path = library.search(positive=[filled / "1 a.png", (filled / "2 a.png", 0.5)], k=4)
    assert [hit.uri for hit in by_id] == [hit.uri for hit in by_path]


def test_images_are_removed_by_a_filter(library: Library, filled: Path) -> None:
    some = "name in ('1 a.png', '2 a.png')"
    assert library.remove(where=some, dry_run=True) == 2
    assert library.remove(filled / "1 a.png", where=some) == 1
    assert library.remove(where=some) == 1
    assert library.count() == 4
    with pytest.raises(UsageError):
        library.remove()


def test_a_closed_library_says_so(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled / "library", tmp_path / "closed")
    library = lookalike.open(tmp_path / "closed")
    picture = filled / "1 a.png"
    library.close()
    asked: list[Callable[[], object]] = [
        lambda: len(library),
        lambda: library.add(filled),
        lambda: library.search(picture),
        lambda: library.recognize(picture),
        lambda: library.get(1),
        lambda: library.images(),
        lambda: list(library),
        lambda: library.count("width > 1"),
        lambda: library.facets("width"),
        lambda: library.remove(1),
        lambda: library.stats(),
        lambda: library.failures(),
        lambda: library.export(tmp_path / "x.npy"),
        lambda: library.rebuild_index(),
        lambda: library.reembed("efficientnet-lite0"),
        lambda: library.index_status(),
        lambda: library.check(),
        lambda: library.labels.list(),
        lambda: library.labels.add("x", picture),
        lambda: library.events.counts(),
        lambda: library.recommend("ann"),
        lambda: library.recommend(like=[picture]),
        lambda: 1 in library,
    ]
    for ask in asked:
        with pytest.raises(lookalike.LibraryClosedError, match="is closed"):
            ask()
    with pytest.raises(lookalike.LibraryClosedError), library:
        pass
    assert "closed" in repr(library) + repr(library.labels) + repr(library.events)
    library.close()  # twice is no error


def test_images_are_not_listed_on_after_closing(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled / "library", tmp_path / "closing")
    with lookalike.open(tmp_path / "closing") as library:
        listed = iter(library)
    with pytest.raises(lookalike.LibraryClosedError):
        next(listed)


def test_options_and_queries_of_the_wrong_shape_are_said(library: Library, filled: Path) -> None:
    with pytest.raises(UsageError, match="a SearchOptions, not dict"):
        library.search(1, options={"k": 2})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="as a list"):
        library.search_batch(str(filled / "1 a.png"))
