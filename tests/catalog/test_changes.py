"""What each kind of change does, and that a batch is done as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Concatenate, TypeVar

import numpy as np
import pytest

from lookalike.catalog import (
    Catalog,
    Connection,
    Generation,
    KnownFailure,
    NewImage,
    SourceFields,
    reading,
    vector_rows,
)
from lookalike.errors import NotInLibraryError, UsageError

Make = Callable[..., NewImage]


_Answer = TypeVar("_Answer")


def ask(
    catalog: Catalog, question: Callable[Concatenate[Connection, ...], _Answer], *given: object
) -> _Answer:
    """Return what a function of the catalog's answers about it."""
    with catalog.reading() as connection:
        return question(connection, *given)


def failure(uri: str) -> KnownFailure:
    return KnownFailure(uri, "BrokenImageError", "cut short", 10, 20, 30.0)


def id_of(catalog: Catalog, uri: str) -> int:
    (image_id,) = catalog.find(uri)
    return image_id


def vector_of(catalog: Catalog, generation: Generation, uri: str) -> np.ndarray[Any, Any]:
    _, images, vectors = catalog.vectors_after(generation.id, 0, limit=10_000)
    found: np.ndarray[Any, Any] = vectors[images.tolist().index(id_of(catalog, uri))]
    return found


def test_what_is_stored_is_read_back(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    image = make_image("/a/b.jpg", 5, page_url="https://x/5", metadata={"price": 3, "tags": ["a"]})
    catalog.apply(generation.id, store=[image])
    (row,) = catalog.iterate()
    assert catalog.images([row.image_id]) == {row.image_id: row}
    for name in ("uri", "url", "page_url", "size", "mtime_ns", "metadata", "content_hash"):
        assert getattr(row, name) == getattr(image, name)
    assert (row.perceptual_hash, row.width, row.height, row.format) == (-5, 640, 480, "JPEG")
    assert row.labels == ((5, 0.75), (9, 0.125))
    known = ask(catalog, reading.known, ["/a/b.jpg", "/other"])
    assert list(known) == ["/a/b.jpg"]
    assert known["/a/b.jpg"].content_hash == image.content_hash
    assert ask(catalog, reading.by_content, [image.content_hash]) == {
        image.content_hash: [known["/a/b.jpg"]]
    }
    assert ask(catalog, reading.hashes_by_size, [1005, 1]) == {1005: [image.content_hash]}


def test_the_last_of_two_images_of_one_uri_counts(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1), make_image("/a", 2)])
    (row,) = catalog.iterate()
    assert row.size == 1002
    assert ask(catalog, vector_rows.count, generation.id) == 1


def test_storing_a_known_uri_replaces_it_under_its_id(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1), make_image("/b", 2)])
    (before,) = catalog.find("/a")
    added = catalog.images([before])[before].added
    catalog.apply(generation.id, store=[make_image("/a", 3, labels=[(4, 1.0)])])
    row = catalog.images([before])[before]
    assert (row.size, row.labels, row.added) == (1003, ((4, 1.0),), added)
    assert catalog.count() == 2
    ids, images, _ = catalog.vectors_after(generation.id, 0, limit=10)
    assert ids.tolist() == [2, 3]
    assert images.tolist()[-1] == before
    assert ask(catalog, vector_rows.deletions_after, generation.id, 0)[1].tolist() == [1]
    np.testing.assert_array_equal(
        vector_of(catalog, generation, "/a"), make_image("/a", 3).vector.astype(np.float16)
    )


def test_images_may_swap_their_names(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1), make_image("/b", 2)])
    a, b = id_of(catalog, "/a"), id_of(catalog, "/b")
    swap = [
        (a, SourceFields("/b", "file:///b", size=1001)),
        (b, SourceFields("/a", "file:///a", size=1002)),
    ]
    catalog.apply(generation.id, rename=swap)
    assert (id_of(catalog, "/a"), id_of(catalog, "/b")) == (b, a)
    assert ask(catalog, vector_rows.deletions_after, generation.id, 0)[0] == 0


def test_a_rename_onto_a_stored_image_replaces_that_image(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1), make_image("/b", 2)])
    a = id_of(catalog, "/a")
    catalog.apply(generation.id, rename=[(a, SourceFields("/b", "file:///b"))])
    assert catalog.find("/b") == [a]
    assert catalog.count() == 1
    assert ask(catalog, vector_rows.deletions_after, generation.id, 0)[1].tolist() == [2]


def test_touch_changes_everything_but_uri_and_pixels(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1)])
    a = id_of(catalog, "/a")
    source = SourceFields("/a", "https://a", "https://page", 7, 8, {"new": True})
    catalog.apply(generation.id, touch=[(a, source)])
    row = catalog.images([a])[a]
    assert (row.url, row.page_url, row.size, row.mtime_ns) == ("https://a", "https://page", 7, 8)
    assert row.metadata == {"new": True}
    assert row.labels == ((1, 0.75), (9, 0.125))


def test_a_copy_has_the_vector_and_labels_and_a_life_of_its_own(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1)])
    a = id_of(catalog, "/a")
    catalog.apply(generation.id, copy=[(a, SourceFields("/b", "file:///b", size=5))])
    b = id_of(catalog, "/b")
    np.testing.assert_array_equal(
        vector_of(catalog, generation, "/a"), vector_of(catalog, generation, "/b")
    )
    rows = catalog.images([a, b])
    assert rows[a].labels == rows[b].labels
    assert rows[b].size == 5
    assert len(ask(catalog, reading.by_content, [rows[a].content_hash])[rows[a].content_hash]) == 2
    catalog.apply(generation.id, remove=[a])
    assert catalog.find("/b") == [b]
    assert ask(catalog, vector_rows.count, generation.id) == 1


def test_a_copy_may_replace_a_stored_image(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1), make_image("/b", 2)])
    a, b = id_of(catalog, "/a"), id_of(catalog, "/b")
    catalog.apply(generation.id, copy=[(a, SourceFields("/b", "file:///b"))])
    assert catalog.find("/b") == [b]
    np.testing.assert_array_equal(
        vector_of(catalog, generation, "/a"), vector_of(catalog, generation, "/b")
    )


def test_a_copy_onto_itself_only_touches(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1)])
    a = id_of(catalog, "/a")
    catalog.apply(generation.id, copy=[(a, SourceFields("/a", "file:///a", size=5))])
    assert catalog.images([a])[a].size == 5
    assert ask(catalog, vector_rows.count, generation.id) == 1


def test_removed_images_are_gone_with_all_that_is_theirs(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image(f"/{i}", i) for i in range(5)])
    catalog.apply(generation.id, remove=[2, 3, 77])
    assert [row.image_id for row in catalog.iterate()] == [1, 4, 5]
    sequence, deleted = ask(catalog, vector_rows.deletions_after, generation.id, 0)
    assert (sequence, deleted.tolist()) == (2, [2, 3])
    assert ask(catalog, vector_rows.deletions_after, generation.id, sequence)[1].tolist() == []
    assert catalog.check() == []
    assert sum(count for _, count in catalog.label_counts()) == 3


def test_ids_are_never_given_out_twice(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    for _ in range(3):
        catalog.apply(generation.id, store=[make_image("/a", 1)])
        catalog.apply(generation.id, remove=catalog.find("/a"))
    catalog.apply(generation.id, store=[make_image("/a", 1)])
    assert catalog.find("/a") == [4]
    assert ask(catalog, vector_rows.last_id, generation.id) == 4


def test_success_and_forgetting_clear_failures(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    uris = ["/a", "/b", "/c", "/d"]
    catalog.apply(generation.id, failed=[failure(uri) for uri in uris])
    assert [row.uri for row in catalog.failures()] == uris
    catalog.apply(generation.id, store=[make_image("/a", 1)], forget=["/b"])
    catalog.apply(generation.id, copy=[(1, SourceFields("/c", "file:///c"))])
    assert catalog.known_failures(uris) == {"/d": failure("/d")}
    assert catalog.failure_count() == 1


def test_a_failure_of_what_succeeded_in_the_same_batch_stays(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1)], failed=[failure("/a")])
    assert [row.uri for row in catalog.failures()] == ["/a"]


def test_a_second_failure_replaces_the_first(catalog: Catalog, generation: Generation) -> None:
    catalog.apply(generation.id, failed=[failure("/a")])
    catalog.apply(generation.id, failed=[replace(failure("/a"), reason="worse")])
    assert [row.reason for row in catalog.failures()] == ["worse"]


@pytest.mark.parametrize(
    "uri", ["/a/\udcff\udc80.jpg", "/名前/写真.jpg", "/it's %_100\\.jpg", "/new\nline", "/\x1a0041"]
)
def test_any_file_name_is_kept(
    catalog: Catalog, generation: Generation, make_image: Make, uri: str
) -> None:
    catalog.apply(generation.id, store=[make_image(uri, 1, metadata={"name": uri})])
    (row,) = catalog.iterate()
    assert (row.uri, row.metadata) == (uri, {"name": uri})
    assert list(ask(catalog, reading.known, [uri])) == [uri]
    assert [found for _, found in catalog.uris_under(uri.rpartition("/")[0])] == [uri]
    catalog.apply(generation.id, failed=[replace(failure(uri), reason=uri)], remove=[1])
    assert [(row.uri, row.reason) for row in catalog.failures()] == [(uri, uri)]


def test_what_json_cannot_hold_becomes_null(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    metadata = {"price": float("nan"), "sizes": [1.5, float("inf")], "in": {"x": -float("inf")}}
    catalog.apply(generation.id, store=[make_image("/a", metadata=metadata)])
    (row,) = catalog.iterate()
    assert row.metadata == {"price": None, "sizes": [1.5, None], "in": {"x": None}}


@pytest.mark.parametrize("vector", [np.zeros(7), np.full(8, np.nan), np.full(8, 70_000.0)])
def test_a_vector_that_does_not_fit_spoils_the_whole_batch(
    catalog: Catalog, generation: Generation, make_image: Make, vector: np.ndarray[Any, Any]
) -> None:
    catalog.apply(generation.id, store=[make_image("/a", 1)])
    batch = [make_image("/b", 2), make_image("/c", 3, vector=vector)]
    with pytest.raises(UsageError):
        catalog.apply(generation.id, store=batch, remove=[1])
    assert [row.uri for row in catalog.iterate()] == ["/a"]
    assert ask(catalog, vector_rows.deletions_after, generation.id, 0)[1].tolist() == []


def test_a_copy_of_nothing_spoils_the_whole_batch(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    with pytest.raises(NotInLibraryError):
        catalog.apply(
            generation.id,
            store=[make_image("/a", 1)],
            copy=[(99, SourceFields("/b", "file:///b"))],
        )
    assert catalog.count() == 0


def test_a_folder_does_not_hold_its_neighbours(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    uris = ["/a", "/a/1", "/a/b/2", "/a.jpg", "/ab/3", "/a0", "https://x/a/4"]
    catalog.apply(generation.id, store=[make_image(uri, i) for i, uri in enumerate(uris)])
    assert [uri for _, uri in catalog.uris_under("/a")] == ["/a/1", "/a/b/2"]
    assert [uri for _, uri in catalog.uris_under("/a/")] == ["/a/1", "/a/b/2"]
    assert [uri for _, uri in catalog.uris_under("https://x")] == ["https://x/a/4"]
    assert sorted(uri for _, uri in catalog.uris_under("")) == sorted(uris)
    catalog.apply(generation.id, failed=[failure("/a/9"), failure("/ab/9")])
    assert list(catalog.failed_uris_under("/a")) == ["/a/9"]


def test_thousands_of_names_are_asked_for_at_once(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    uris = [f"/folder/{i:05}" for i in range(3000)]
    images = [make_image(uri, i) for i, uri in enumerate(uris)]
    catalog.apply(generation.id, store=images)
    assert len(ask(catalog, reading.known, uris)) == 3000
    assert len(ask(catalog, reading.by_content, [image.content_hash for image in images])) == 3000
    assert [uri for _, uri in catalog.uris_under("/folder")] == uris
    assert list(catalog.images(range(1, 3001))) == list(range(1, 3001))
    assert [row.image_id for row in catalog.iterate(2990, limit=5)] == list(range(2991, 2996))
    catalog.apply(generation.id, remove=range(1, 3001))
    assert catalog.count() == 0


def test_counts_name_the_most_frequent_first(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    formats = ["PNG", "JPEG", "PNG", "GIF", "PNG", "JPEG"]
    catalog.apply(
        generation.id,
        store=[make_image(f"/{i}", i % 2, format=name) for i, name in enumerate(formats)],
    )
    assert list(catalog.format_counts().items()) == [("PNG", 3), ("JPEG", 2), ("GIF", 1)]
    assert catalog.label_counts(1) == [(0, 3)]


def test_generations_stand_side_by_side(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    second = catalog.generation("tiny", space="semantic", dimensions=4, sha256="cd" * 32)
    assert second.id != generation.id
    assert catalog.active_generation("semantic") == generation
    assert catalog.active_generation("copy") is None
    assert catalog.generations() == [generation, second]
    catalog.apply(generation.id, store=[make_image("/a", 1)])
    catalog.apply(second.id, store=[make_image("/b", 2, vector=np.ones(4))])
    assert catalog.vectors_after(generation.id, 0, limit=9)[1].tolist() == [1]
    assert catalog.vectors_after(second.id, 0, limit=9)[2].shape == (1, 4)
    assert "1 images have no vector of the active model." in catalog.check()


def test_a_generation_keeps_its_dimensions(catalog: Catalog, generation: Generation) -> None:
    with pytest.raises(UsageError, match="dimensions"):
        catalog.generation("tiny", space="semantic", dimensions=9, sha256=generation.sha256)
    with pytest.raises(UsageError, match="no generation 7"):
        catalog.apply(7, remove=[1])
