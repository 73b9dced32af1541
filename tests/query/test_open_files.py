"""Queries that are files open in binary mode, and vectors that are known already."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike import Settings, UsageError
from lookalike.errors import ImageError, ImageTooLargeError, SourceError
from lookalike.query import Known, encode_picture, query_bytes
from lookalike.query.sums.asked import sum_of_lists


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Image.Image]
) -> Iterator[lookalike.Library]:
    folder = tmp_path_factory.mktemp("open")
    for seed in range(6):
        make_scene(seed).save(folder / f"{seed}.png")
    with lookalike.open(folder / "lib") as opened:
        opened.add(folder, workers=1)
        yield opened


def test_an_open_file_is_read_from_where_it_stands_and_stays_open(
    library: lookalike.Library,
) -> None:
    path = library.path.parent / "3.png"
    stream = io.BytesIO(b"before" + path.read_bytes())
    stream.seek(6)
    with path.open("rb") as file, path.open("rb", buffering=0) as raw:
        hits = library.search_batch([stream, file, raw], k=1)
        assert not file.closed
        assert not raw.closed
    assert not stream.closed
    assert [Path(one[0].uri).name for one in hits] == ["3.png"] * 3
    assert [one.query for one in hits] == ["the query", str(path), str(path)]


def test_an_open_file_may_stand_in_a_sum(library: lookalike.Library) -> None:
    data = (library.path.parent / "3.png").read_bytes()
    assert Path(library.search(positive=[io.BytesIO(data)], k=1)[0].uri).name == "3.png"


def test_a_file_open_as_text_is_told(library: lookalike.Library) -> None:
    for stream in (io.StringIO("text"), (library.path.parent / "3.png").open(encoding="latin-1")):
        with stream, pytest.raises(UsageError, match="open it in binary mode, with 'rb'"):
            library.search(stream)  # type: ignore[arg-type]


def test_no_more_is_read_than_the_settings_allow() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 101
            Endless.asked += size
            return bytes(min(size, 7))

    with pytest.raises(ImageTooLargeError, match=r"^the query: .* max_bytes"):
        query_bytes(Endless(), settings=Settings(max_bytes=100))  # type: ignore[arg-type]
    assert Endless.asked < 2000


def test_a_closed_or_failing_file_is_told(library: lookalike.Library) -> None:
    stream = io.BytesIO(b"")
    with pytest.raises(ImageError, match=r"^the query: "):
        library.search(stream)
    stream.close()
    with pytest.raises(SourceError, match=r"the query cannot be read: .*closed"):
        library.search(stream)


def test_a_known_vector_finds_what_its_picture_finds(library: lookalike.Library) -> None:
    searcher = library.session.now().searcher
    path = library.path.parent / "2.png"
    own = encode_picture(path, searcher.encoder, library.settings)
    known = Known("two", own.vector, image_id=3)
    one, other = library.search_batch([known, path], k=3)
    assert one.query == "two"
    assert [hit.image_id for hit in one] == [hit.image_id for hit in other]
    assert np.allclose([hit.score for hit in one], [hit.score for hit in other], atol=1e-5)
    asked = sum_of_lists([known, (path, 0.5)], [])
    assert asked.name == f"two + 0.5*{path}"
    assert library.search_batch([asked], k=1)[0][0].image_id == one[0].image_id
    with pytest.raises(UsageError, match="two: of a vector no region"):
        library.search_batch([known], region=(0, 0, 50, 50))


def test_an_encoded_picture_has_its_name_once_in_an_error(library: lookalike.Library) -> None:
    encoder = library.session.now().searcher.encoder
    with pytest.raises(ImageError, match=r"^the query: (?!the query)"):
        encode_picture(b"no picture", encoder, library.settings)
    with pytest.raises(ImageError, match=r"^mine: (?!the query)"):
        encode_picture(b"no picture", encoder, library.settings, name="mine")


def test_the_hash_of_a_picture_is_that_of_its_file_or_pixels(library: lookalike.Library) -> None:
    encoder = library.session.now().searcher.encoder
    path = library.path.parent / "1.png"
    with Image.open(path) as image:
        given = (path, path.read_bytes(), io.BytesIO(path.read_bytes()), image, np.asarray(image))
        keys = [encode_picture(one, encoder, library.settings).content_hash for one in given]
    assert len(set(keys[:3])) == len(set(keys[3:])) == 1
    assert keys[0] != keys[3]
