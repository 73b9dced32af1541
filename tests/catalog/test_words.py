"""The full-text index and the colours, in step with the images."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lookalike.catalog import Catalog, Generation, NewImage, SourceFields
from lookalike.catalog.picture_colours import colours_of, store_colours, without_colours
from lookalike.catalog.tables import TEXT_INDEX
from lookalike.catalog.text_index import images_saying

Make = Callable[..., NewImage]


def saying(catalog: Catalog, *words: str) -> list[list[str]]:
    with catalog.reading() as connection:
        found = images_saying(connection, words)
    return [sorted(row.uri for row in catalog.images(list(ids)).values()) for ids in found]


@pytest.fixture(params=["indexed", "read through"])
def filled(
    request: pytest.FixtureRequest, catalog: Catalog, generation: Generation, make_image: Make
) -> Catalog:
    """Return a catalog with three images, with the index and without."""
    store = [
        make_image("/a/red-car.jpg", 1, metadata={"title": "Ein schönes Auto", "price": 3}),
        make_image("/a/dog_2.jpg", 2, metadata={"title": "红色的汽车"}),
        make_image("/a/x.jpg", 3, page_url="https://example.org/cars/old"),
    ]
    catalog.apply(generation.id, store=store)
    if request.param == "read through":
        with catalog.writing() as connection:
            for end in ("enter", "leave", "change"):
                connection.exec_driver_sql(f"DROP TRIGGER {TEXT_INDEX}_{end}")
            connection.exec_driver_sql(f"DROP TABLE {TEXT_INDEX}")
    return catalog


def test_addresses_and_metadata_are_found(filled: Catalog) -> None:
    assert saying(filled, "auto", "dog", "汽车", "nothing", "car") == [
        ["/a/red-car.jpg"],
        ["/a/dog_2.jpg"],
        ["/a/dog_2.jpg"],
        [],
        ["/a/red-car.jpg", "/a/x.jpg"],
    ]


def test_signs_in_words_mean_nothing(filled: Catalog) -> None:
    assert saying(filled, "%", "a* OR b", "'") == [[], [], []]


def test_the_index_follows_every_change(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a/cat.jpg", 1), make_image("/a/cow.jpg", 2)])
    assert saying(catalog, "cat", "cow") == [["/a/cat.jpg"], ["/a/cow.jpg"]]
    (cat,) = catalog.find("/a/cat.jpg")
    (cow,) = catalog.find("/a/cow.jpg")
    catalog.apply(
        generation.id,
        rename=[(cat, SourceFields("/a/lion.jpg", "file:///a/lion.jpg"))],
        touch=[(cow, SourceFields("/a/cow.jpg", "u", metadata={"title": "meadow"}))],
    )
    assert saying(catalog, "cat", "lion", "meadow") == [[], ["/a/lion.jpg"], ["/a/cow.jpg"]]
    catalog.apply(generation.id, remove=[cat])
    assert saying(catalog, "lion") == [[]]
    assert catalog.check() == []


def test_colours_belong_to_the_content(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    shares = np.arange(11, dtype=np.uint8)
    first, second = make_image("/a.jpg", 1), make_image("/b.jpg", 2)
    catalog.apply(generation.id, store=[replace(first, colours=shares), second])
    (a,) = catalog.find("/a.jpg")
    (b,) = catalog.find("/b.jpg")
    catalog.apply(generation.id, copy=[(a, SourceFields("/c.jpg", "file:///c.jpg"))])
    (c,) = catalog.find("/c.jpg")
    with catalog.reading() as connection:
        ids, known = colours_of(connection)
        lacking = without_colours(connection, [a, b, c])
    assert ids.tolist() == [a, c]
    np.testing.assert_array_equal(known, [shares, shares])
    assert lacking == [(b, "/b.jpg", second.content_hash)]


def test_a_new_catalog_knows_no_colours(catalog: Catalog) -> None:
    with catalog.reading() as connection:
        assert colours_of(connection)[0].tolist() == []
        assert without_colours(connection, [1]) == []


def test_known_colours_stay(catalog: Catalog, generation: Generation, make_image: Make) -> None:
    image = make_image("/a.jpg", 1)
    catalog.apply(generation.id, store=[replace(image, colours=np.full(11, 7, np.uint8))])
    with catalog.writing() as connection:
        store_colours(connection, {image.content_hash: np.zeros(11, np.uint8)})
    with catalog.reading() as connection:
        assert colours_of(connection)[1].max() == 7
