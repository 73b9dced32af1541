"""Vectors as an index follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, TypeVar

import numpy as np
import pytest

from lookalike.catalog import Catalog, Connection, Generation, NewImage, reading, vector_rows

Make = Callable[..., NewImage]


_Answer = TypeVar("_Answer")


def ask(
    catalog: Catalog, question: Callable[Concatenate[Connection, ...], _Answer], *given: object
) -> _Answer:
    """Return what a function of the catalog's answers about it."""
    with catalog.reading() as connection:
        return question(connection, *given)


@pytest.fixture
def filled(catalog: Catalog, generation: Generation, make_image: Make) -> Catalog:
    catalog.apply(generation.id, store=[make_image(f"/{i}", i) for i in range(50)])
    return catalog


def test_vectors_are_kept_to_the_precision_of_float16(
    filled: Catalog, generation: Generation, make_image: Make
) -> None:
    _, _, vectors = filled.vectors_after(generation.id, 0, limit=100)
    given = np.stack([make_image("", i).vector for i in range(50)])
    assert vectors.dtype == np.float16
    np.testing.assert_array_equal(vectors, given.astype(np.float16))


def test_pages_follow_each_other_without_gap_or_overlap(
    filled: Catalog, generation: Generation
) -> None:
    seen: list[int] = []
    while True:
        ids, images, vectors = filled.vectors_after(generation.id, max(seen, default=0), limit=7)
        assert len(ids) == len(images) == len(vectors) <= 7
        if not len(ids):
            break
        seen += ids.tolist()
    assert seen == list(range(1, 51))


def test_vectors_come_once_each_in_the_order_of_their_ids(
    filled: Catalog, generation: Generation
) -> None:
    _, _, everything = filled.vectors_after(generation.id, 0, limit=100)
    ids, _, found = filled.present_vectors(generation.id, np.array([30, 2, 2, 50, 1]))
    assert ids.tolist() == [1, 2, 30, 50]
    np.testing.assert_array_equal(found, everything[ids - 1])
    none = filled.present_vectors(generation.id, np.zeros(0, np.int64))[2]
    assert none.shape == (0, 8)


def test_a_vector_that_is_gone_is_left_out(filled: Catalog, generation: Generation) -> None:
    filled.apply(generation.id, remove=[3])
    ids, images, vectors = filled.present_vectors(generation.id, np.array([4, 3, 2]))
    assert (ids.tolist(), images.tolist(), vectors.shape) == ([2, 4], [2, 4], (2, 8))


def test_changes_are_what_came_and_what_went(
    filled: Catalog, generation: Generation, make_image: Make
) -> None:
    last, sequence = ask(filled, vector_rows.last_change, generation.id)
    assert (last, sequence) == (50, 0)
    filled.apply(generation.id, remove=[5], store=[make_image("/9", 99), make_image("/new", 100)])
    changes = filled.changes_after(generation.id, last, sequence, limit=10)
    assert sorted(changes.deleted.tolist()) == [5, 10]
    assert changes.vector_ids.tolist() == [51, 52]
    assert changes.image_ids.tolist() == [10, 51]
    after = filled.changes_after(generation.id, 52, changes.sequence, limit=10)
    assert (len(after.deleted), len(after.vector_ids)) == (0, 0)
    assert ask(filled, vector_rows.last_change, generation.id) == (52, changes.sequence)


def test_the_version_tells_of_changes_and_only_of_them(
    filled: Catalog, generation: Generation, make_image: Make
) -> None:
    before = filled.data_version()
    ask(filled, reading.known, ["/1"])
    assert filled.data_version() == before
    filled.apply(generation.id, store=[make_image("/x", 1)])
    changed = filled.data_version()
    assert changed != before
    with Catalog.open(filled.path.parent) as other:
        other.apply(generation.id, remove=[1])
    assert filled.data_version() not in (before, changed)


def test_a_damaged_vector_is_found_by_the_check(filled: Catalog) -> None:
    assert filled.check() == []
    import sqlite3

    with sqlite3.connect(filled.path) as connection:
        connection.execute("UPDATE vectors SET data = x'00' WHERE id = 7")
        connection.execute("DELETE FROM images WHERE id = 8")
    connection.close()
    found = " ".join(filled.check())
    assert "belongs to a missing images" in found
