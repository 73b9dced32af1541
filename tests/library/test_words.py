"""Search by words through the library: colours, metadata, old libraries, read-only ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

import lookalike
from lookalike.catalog.tables import picture_colours
from lookalike.errors import SourceNotFoundError, UsageError

PAINTS = {"first": (200, 20, 25), "second": (30, 60, 200), "third": (40, 150, 50)}


@pytest.fixture
def walls(tmp_path: Path) -> Path:
    """Return a table of three painted walls, of which one has a title."""
    rows = []
    for name, paint in PAINTS.items():
        pixels = np.full((120, 120, 3), paint, np.uint8)
        pixels[::7] //= 2
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        title = "Ein Fahrrad" if name == "second" else ""
        rows.append(json.dumps({"image": f"{name}.png", "title": title}))
    table = tmp_path / "walls.jsonl"
    table.write_text("\n".join(rows), encoding="utf-8")
    return table


def names(hits: lookalike.Hits) -> list[str]:
    return [Path(hit.uri).stem for hit in hits]


@pytest.mark.parametrize(
    ("words", "first"),
    [("red", "first"), ("blaue", "second"), ("绿色", "third"), ("rouge", "first")],
)
def test_a_colour_finds_its_pictures(tmp_path: Path, walls: Path, words: str, first: str) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        hits = library.search(words)
        assert names(hits)[0] == first
        assert hits.query == words
        assert len(hits) == 3
        assert hits[0].score > hits[1].score
        assert library.search(words, k=1, min_probability=0.5)[0].probability >= 0.5


def test_metadata_is_read_in_both_languages(tmp_path: Path, walls: Path) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        assert names(library.search("Fahrrad"))[0] == "second"
        without = {hit.uri: hit.score for hit in library.search("sofa")}
        with_title = library.search("fahrrad")[0]
        assert with_title.score > without[with_title.uri]


def test_an_older_library_learns_its_colours_when_asked(tmp_path: Path, walls: Path) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        with library.session.catalog.writing() as connection:
            connection.execute(sa.delete(picture_colours))
        assert names(library.search("red"))[0] == "first"
        with library.session.catalog.reading() as connection:
            assert len(connection.execute(sa.select(picture_colours)).all()) > 0


def test_words_and_pictures_may_be_asked_together(tmp_path: Path, walls: Path) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        picture = tmp_path / "third.png"
        batch = library.search_batch(["blue", picture], k=2)
        assert names(batch[0])[0] == "second"
        assert names(batch[1])[0] == "third"


def test_a_mistyped_file_is_still_an_error(tmp_path: Path, walls: Path) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        with pytest.raises(SourceNotFoundError, match=r"no file bech\.jpg"):
            library.search("bech.jpg")
        with pytest.raises(SourceNotFoundError, match="no file blue"):
            library.search("blue", text=False)
        assert len(library.search("bech.jpg", text=True)) == 3


@pytest.mark.parametrize("words", ["", "   ", "?!"])
def test_words_without_a_word_are_refused(tmp_path: Path, walls: Path, words: str) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        with pytest.raises(UsageError, match="no word"):
            library.search(words, text=True)


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        assert len(library.search("a red car")) == 0


def test_words_go_with_filters_order_and_pages(tmp_path: Path, walls: Path) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(walls, workers=1)
        assert names(library.search("red", where="name != 'first.png'")) == ["second", "third"]
        assert names(library.search("red", sort="-name")) == ["third", "second", "first"]
        whole = names(library.search("blue"))
        page = library.search("blue", k=2, offset=1)
        assert names(page) == whole[1:]
        assert [hit.rank for hit in page] == [2, 3]
