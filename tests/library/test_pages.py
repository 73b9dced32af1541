"""Pages of a listing, counts and facets: what a server shows of a library."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

import lookalike
from lookalike import Library, UsageError

Scene = Callable[..., Image.Image]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, make_scene: Scene) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    rows = ["image,price,category,mixed"]
    for number in range(12):
        make_scene(number).save(folder / f"{number}.png")
        price = "" if number == 11 else (number * 5) % 11
        rows.append(
            f"{number}.png,{price},{'shoe' if number % 3 else 'hat'},{'x' if number else 1}"
        )
    (folder / "goods.csv").write_text("\n".join(rows), encoding="utf-8")
    with lookalike.open(folder / "library") as library:
        library.add(folder / "goods.csv", workers=1)
    return folder


@pytest.fixture
def library(filled: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(filled / "library", tmp_path / "library")
    with lookalike.open(tmp_path / "library") as opened:
        yield opened


LISTINGS = [(None, None), ("category = 'shoe'", None), (None, "-price"), ("price < 9", "price")]


@pytest.mark.parametrize(("where", "sort"), LISTINGS)
@pytest.mark.parametrize("limit", [1, 5, 12, 100])
def test_pages_are_the_whole_listing_in_pieces(
    library: Library, where: str | None, sort: str | None, limit: int
) -> None:
    whole = list(library.iterate(where=where, sort=sort))
    assert len(whole) == library.count(where)
    seen: list[lookalike.ImageInfo] = []
    page = library.images(where=where, sort=sort, limit=limit)
    seen += page
    while page.next is not None:
        assert len(page) == limit
        page = library.images(where=where, sort=sort, limit=limit, after=page.next)
        assert len(page) > 0
        seen += page
    assert seen == whole


@pytest.mark.parametrize(("where", "sort"), LISTINGS)
def test_what_goes_between_two_pages_makes_nothing_appear_twice_or_be_missed(
    library: Library, where: str | None, sort: str | None
) -> None:
    whole = [image.image_id for image in library.iterate(where=where, sort=sort)]
    first = library.images(where=where, sort=sort, limit=4)
    library.remove(first[0].image_id, whole[5])
    rest = library.images(where=where, sort=sort, limit=100, after=first.next)
    assert [image.image_id for image in rest] == [one for one in whole[4:] if one != whole[5]]


def test_a_cursor_holds_for_its_own_listing_alone(library: Library) -> None:
    cursor = library.images(sort="price", limit=3).next
    assert cursor is not None
    for wrong in ({}, {"sort": "-price"}, {"sort": "price", "where": "price > 1"}):
        with pytest.raises(UsageError, match="another filter or order"):
            library.images(after=cursor, **wrong)  # type: ignore[arg-type]
    for text in ("", "nonsense", "W10=", "é", cursor[:-4]):
        with pytest.raises(UsageError, match="no cursor"):
            library.images(sort="price", after=text)


@pytest.mark.parametrize("limit", [0, -1, 2.5, "3", True])
def test_a_limit_is_a_whole_number(library: Library, limit: int) -> None:
    with pytest.raises(UsageError, match="limit"):
        library.images(limit=limit)


def test_what_makes_no_sense_is_told_before_the_first_image(library: Library) -> None:
    with pytest.raises(UsageError):
        library.iterate(where="price <")
    with pytest.raises(UsageError):
        library.count("nothing = 1")


def test_facets_count_texts_and_give_the_range_of_numbers(library: Library) -> None:
    found = library.facets(["category", "price", "mixed", "width"], k=3)
    assert list(found) == ["category", "price", "mixed", "width"]
    category, price = found["category"], found["price"]
    assert (category.kind, category.values) == ("values", (("shoe", 8), ("hat", 4)))
    assert (category.least, category.greatest, category.missing) == (None, None, 0)
    assert (price.kind, price.least, price.greatest, price.missing) == ("range", 0, 10, 1)
    assert [count for _, count in price.values] == [1, 1, 1]
    assert found["mixed"].values == (("x", 11), (1, 1))
    assert (found["mixed"].least, found["mixed"].greatest) == (None, None)
    assert (found["width"].least, found["width"].values) == (160, ((160, 12),))


def test_facets_count_only_what_passes(library: Library) -> None:
    found = library.facets("category", where="price < 3")["category"]
    counted = {
        value: library.count(f"price < 3 and category = '{value}'") for value, _ in found.values
    }
    assert dict(found.values) == counted
    assert library.facets("added")["added"].kind == "range"
    folder = library.facets("folder")["folder"]
    assert folder.values == ((str(Path(library.get(1).uri).parent), 12),)


def test_facets_count_labels(library: Library) -> None:
    library.labels.add("mine", 1, 2)
    counts = dict(library.facets("label_own")["label_own"].values)
    assert counts["mine"] == library.count("label_own = 'mine'")
    network = library.facets("label_network", k=5)["label_network"]
    assert len(network.values) == 5
    for name, count in network.values:
        quoted = str(name).replace("'", "''")
        assert count == library.count(f"label_network = '{quoted}'")


def test_a_field_that_is_not_there_is_an_error(library: Library) -> None:
    with pytest.raises(UsageError, match="no field"):
        library.facets("nothing")
    with pytest.raises(UsageError, match="k is"):
        library.facets("price", k=0)
