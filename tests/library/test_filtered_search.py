"""Searching, listing and exporting a library with filters, in an order, in pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike

Scene = Callable[..., Image.Image]


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Scene
) -> Iterator[lookalike.Library]:
    """Return thirty pictures with prices in no order, every third one a hat."""
    folder = tmp_path_factory.mktemp("filtered")
    rows = ["image,price,category,size"]
    for number in range(30):
        make_scene(number).save(folder / f"{number}.png")
        price = "" if number == 29 else (number * 7) % 30 + 0.5
        rows.append(f"{number}.png,{price},{'shoe' if number % 3 else 'hat'},{'SML'[number % 3]}")
    (folder / "goods.csv").write_text("\n".join(rows), encoding="utf-8")
    with lookalike.open(folder / "x.lookalike") as opened:
        opened.add(folder / "goods.csv", workers=1)
        yield opened


@pytest.fixture(scope="module")
def query(library: lookalike.Library) -> Path:
    return library.path.parent / "7.png"


def numbers(hits: lookalike.Hits) -> list[int]:
    return [int(Path(hit.uri).stem) for hit in hits]


def test_a_filter_gives_the_hits_that_pass_in_their_order(
    library: lookalike.Library, query: Path
) -> None:
    every = library.search(query, k=30)
    hats = library.search(query, k=30, where="category = 'hat'")
    assert numbers(hats) == [number for number in numbers(every) if number % 3 == 0]
    assert [hit.rank for hit in hats] == list(range(1, 11))
    scores = {hit.uri: hit.score for hit in every}
    assert [hit.score for hit in hats] == pytest.approx([scores[hit.uri] for hit in hats], abs=1e-6)


def test_filters_and_bounds_join(library: lookalike.Library, query: Path) -> None:
    bound = library.search(query, k=8)[7].score
    hits = library.search(query, k=30, where="category = 'shoe'", min_score=bound)
    assert all(hit.score >= bound and hit.metadata["category"] == "shoe" for hit in hits)
    assert 0 < len(hits) < 8


def test_a_filter_that_nothing_passes_gives_no_hits(
    library: lookalike.Library, query: Path
) -> None:
    assert len(library.search(query, where="price > 1000")) == 0
    assert [len(hits) for hits in library.search_batch([query] * 2, where="price > 1000")] == [0, 0]


def test_a_wrong_filter_is_told_before_the_query_is_read(library: lookalike.Library) -> None:
    for options in ({"where": "prise < 5"}, {"where": "price <"}, {"sort": "prise"}):
        with pytest.raises(lookalike.UsageError):
            library.search("nowhere.jpg", **options)  # type: ignore[arg-type]


def test_sorting_puts_the_most_alike_in_another_order(
    library: lookalike.Library, query: Path
) -> None:
    alike = library.search(query, k=10)
    sorted_up = library.search(query, k=10, sort="price", among=10)
    assert set(numbers(sorted_up)) == set(numbers(alike))
    prices = [hit.metadata["price"] for hit in sorted_up]
    assert prices == sorted(prices)
    assert [hit.rank for hit in sorted_up] == list(range(1, 11))
    every = library.search(query, k=30, sort="-price")
    prices = [hit.metadata["price"] for hit in every]
    assert prices == [*sorted(prices[:-1], reverse=True), None]


def test_ties_are_sorted_by_score(library: lookalike.Library, query: Path) -> None:
    hits = library.search(query, k=30, sort="category")
    assert [hit.metadata["category"] for hit in hits] == ["hat"] * 10 + ["shoe"] * 20
    for part in (hits[:10], hits[10:]):
        scores = [hit.score for hit in part]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("sort", ["score", "price", "-metadata.size", "-added", "name"])
@pytest.mark.parametrize("where", [None, "category = 'shoe'"])
def test_pages_make_up_the_whole(
    library: lookalike.Library, query: Path, sort: str, where: str | None
) -> None:
    whole = library.search(query, k=30, sort=sort, where=where)
    pages = [
        library.search(query, k=7, sort=sort, where=where, offset=offset)
        for offset in range(0, 42, 7)
    ]
    assert [hit for page in pages for hit in page] == list(whole)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"offset": -1}, "offset is -1"),
        ({"among": 0}, "among is 0"),
        ({"sort": "-score"}, "the best always come first"),
        ({"sort": "label"}, "cannot be sorted by label"),
        ({"where": ""}, "The filter is empty"),
        ({"where": 5}, "A filter is a text"),
    ],
)
def test_wrong_options_are_said(
    library: lookalike.Library, query: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(lookalike.UsageError, match=said):
        library.search(query, **options)  # type: ignore[arg-type]


def test_images_are_listed_with_a_filter_and_an_order(library: lookalike.Library) -> None:
    shown = list(library.iterate(where="category = 'hat' and price < 10", sort="-price"))
    assert [image.metadata["price"] for image in shown] == [9.5, 6.5, 3.5, 0.5]
    assert len(list(library.iterate())) == 30
    assert [Path(image.uri).stem for image in library.iterate(sort="-price")][-1] == "29"


@pytest.mark.parametrize("name", ["hats.npy", "hats.parquet"])
def test_what_passes_is_exported(library: lookalike.Library, tmp_path: Path, name: str) -> None:
    assert library.export(tmp_path / name, where="category = 'hat'") == 10
    if name.endswith("npy"):
        assert np.load(tmp_path / name).shape[0] == 10
        lines = (tmp_path / "hats.jsonl").read_text().splitlines()
        assert {json.loads(line)["metadata"]["category"] for line in lines} == {"hat"}


def test_a_filter_sees_what_was_added_and_changed_since(tmp_path: Path, make_scene: Scene) -> None:
    for number in range(4):
        make_scene(number).save(tmp_path / f"{number}.png")
    table = tmp_path / "goods.csv"
    table.write_text("image,price\n0.png,1\n1.png,2\n", encoding="utf-8")
    with lookalike.open(tmp_path / "x.lookalike") as library:
        library.add(table, workers=1)
        where = "price >= 2"
        assert numbers(library.search(tmp_path / "0.png", where=where)) == [1]
        table.write_text("image,price\n0.png,5\n1.png,1\n2.png,9\n", encoding="utf-8")
        library.add(table, workers=1)
        assert sorted(numbers(library.search(tmp_path / "0.png", where=where))) == [0, 2]
        library.remove(tmp_path / "2.png")
        assert numbers(library.search(tmp_path / "0.png", where=where)) == [0]


def test_an_empty_library_has_no_wrong_fields(tmp_path: Path, make_scene: Scene) -> None:
    make_scene(1).save(tmp_path / "1.png")
    with lookalike.open(tmp_path / "x.lookalike") as library:
        assert len(library.search(tmp_path / "1.png", where="price < 5")) == 0
