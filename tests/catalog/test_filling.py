"""Vectors of a second model, written for images that others change meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lookalike.catalog import Catalog, Generation, NewImage

Make = Callable[..., NewImage]


@pytest.fixture
def second(catalog: Catalog, generation: Generation, make_image: Make) -> Generation:
    """Return a generation without vectors beside one with two images."""
    catalog.apply(generation.id, store=[make_image("/a", 1), make_image("/b", 2)])
    return catalog.generation("other", space="semantic", dimensions=4, sha256="cd" * 32)


def test_a_vector_of_content_that_was_replaced_meanwhile_is_not_written(
    catalog: Catalog, generation: Generation, second: Generation, make_image: Make
) -> None:
    read = catalog.lacking(second.id)
    assert [(image_id, uri) for image_id, uri, _ in read] == [(1, "/a"), (2, "/b")]
    catalog.apply(generation.id, store=[make_image("/a", 3)])
    assert catalog.fill(second.id, [(i, content, np.full(4, i)) for i, _, content in read]) == 1
    assert catalog.vectors_after(second.id, 0, limit=9)[1].tolist() == [2]
    assert not catalog.switch(second.id, keep_labels=False)
    (lacking,) = catalog.lacking(second.id)
    assert lacking == (1, "/a", make_image("/a", 3).content_hash)
    assert catalog.fill(second.id, [(1, lacking[2], np.full(4, 7))]) == 1
    assert catalog.switch(second.id, keep_labels=False)
    _, image_ids, vectors = catalog.vectors_after(second.id, 0, limit=9)
    assert dict(zip(image_ids.tolist(), vectors[:, 0].tolist(), strict=True)) == {1: 7, 2: 2}


def test_what_is_gone_or_filled_already_is_left_out(
    catalog: Catalog, generation: Generation, second: Generation
) -> None:
    read = catalog.lacking(second.id)
    catalog.apply(generation.id, remove=[1])
    found = [(image_id, content, np.ones(4)) for image_id, _, content in read]
    assert catalog.fill(second.id, found) == 1
    assert catalog.fill(second.id, found) == 0
    assert catalog.check() == []
