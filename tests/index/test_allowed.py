"""Searching among some images only, judged by comparing each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.index.scan import members

from .conftest import PLANS, Shelf, clusters

WAYS = {
    "exact": PLANS["exact"],
    "hnsw, vectors": PLANS["hnsw"],
    "hnsw, codes": replace(PLANS["hnsw"], read_whole=0, graph_from=1.1),
    "hnsw, graph": replace(PLANS["hnsw"], read_whole=0, graph_from=0.0),
    "ivf, vectors": PLANS["ivf"],
    "ivf, codes": replace(PLANS["ivf"], read_whole=0, graph_from=1.1),
    "ivf, lists": replace(PLANS["ivf"], read_whole=0, graph_from=0.0),
}


@pytest.fixture(params=sorted(WAYS))
def filled(request: pytest.FixtureRequest, shelf: Shelf) -> tuple[Shelf, str]:
    """Return a library with a snapshot, deletions in it, and a tail with one of its own."""
    vectors = clusters(1500, seed=1)
    vectors[200:240] = vectors[100]
    shelf.put(vectors)
    shelf.index(WAYS[request.param]).rebuild()
    shelf.remove(range(0, 1500, 7))
    shelf.put(clusters(120, seed=2), range(2000, 2120))
    shelf.remove(range(2000, 2120, 9))
    return shelf, request.param


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_filtered_search_finds_what_comparing_each_finds(
    filled: tuple[Shelf, str], share: float
) -> None:
    shelf, way = filled
    index = shelf.index(WAYS[way])
    _, images, vectors = shelf.catalog.vectors_after(shelf.generation.id, 0, limit=10**6)
    generator = np.random.default_rng(5)
    allowed = np.sort(generator.choice(images.max() + 50, int(share * 1600), replace=False))
    queries = clusters(20, seed=3)
    kept = np.isin(images, allowed)
    assert 5 < kept.sum() < len(images)
    found_right = wanted = 0
    for query, found in zip(queries, index.search(queries, 10, allowed=allowed), strict=True):
        scores = np.clip(vectors[kept].astype(np.float64) @ query.astype(np.float64), -1, 1)
        best = np.sort(scores)[::-1][:10]
        assert set(found.image_ids.tolist()) <= set(images[kept].tolist())
        assert len(found) == len(best)
        true = dict(zip(images[kept].tolist(), scores.tolist(), strict=True))
        np.testing.assert_allclose(
            found.scores, [true[image] for image in found.image_ids.tolist()], atol=2e-6
        )
        found_right += int((found.scores >= best[-1] - 2e-6).sum())
        wanted += len(best)
    assert found_right >= 0.98 * wanted


def test_what_is_allowed_far_from_the_query_is_found_all_the_same(shelf: Shelf) -> None:
    vectors = clusters(1500, seed=1)
    plan = WAYS["hnsw, graph"]
    shelf.put(vectors)
    shelf.index(plan).rebuild()
    query = vectors[:1]
    _, images, stored = shelf.catalog.vectors_after(shelf.generation.id, 0, limit=10**6)
    order = np.argsort(stored.astype(np.float32) @ query[0])  # the least alike first
    allowed = np.sort(images[order[:800]])
    (found,) = shelf.index(plan).search(query, 10, allowed=allowed)
    expected = images[order[790:800]][::-1]
    assert len(set(found.image_ids.tolist()) & set(expected.tolist())) >= 9


def test_nothing_allowed_finds_nothing(filled: tuple[Shelf, str]) -> None:
    shelf, way = filled
    for allowed in (np.empty(0, np.int64), np.array([10**9])):
        (found,) = shelf.index(WAYS[way]).search(clusters(1, seed=3), 10, allowed=allowed)
        assert len(found) == 0


def test_everything_allowed_finds_what_no_filter_finds(filled: tuple[Shelf, str]) -> None:
    shelf, way = filled
    index = shelf.index(WAYS[way])
    queries = clusters(10, seed=3)
    everything = np.arange(1, 5000)
    for one, other in zip(
        index.search(queries, 5, allowed=everything), index.search(queries, 5), strict=True
    ):
        assert len(set(one.image_ids.tolist()) & set(other.image_ids.tolist())) >= 4


def test_what_is_remembered_of_a_filter_follows_deletions_and_additions(
    filled: tuple[Shelf, str],
) -> None:
    shelf, way = filled
    index = shelf.index(WAYS[way])
    allowed = np.arange(1, 800)
    allowed.flags.writeable = False
    query = clusters(1, seed=4)
    for _ in range(3):
        (found,) = index.search(query, 3, allowed=allowed)
        rows = shelf.catalog.images(found.image_ids.tolist())
        assert len(rows) == 3
        shelf.catalog.apply(shelf.generation.id, remove=list(rows))
        (after,) = index.search(query, 3, allowed=allowed)
        assert not set(after.image_ids.tolist()) & set(rows)


def test_an_array_that_changes_between_searches_is_read_again(filled: tuple[Shelf, str]) -> None:
    shelf, way = filled
    index = shelf.index(WAYS[way])
    allowed = np.arange(300, 600)
    index.search(clusters(1, seed=4), 3, allowed=allowed)
    allowed += 300
    (found,) = index.search(clusters(1, seed=4), 3, allowed=allowed)
    assert len(found)
    assert found.image_ids.min() >= 600


def test_a_library_without_a_snapshot_is_filtered_too(
    make_shelf: Callable[[Path], Shelf], tmp_path: Path
) -> None:
    shelf = make_shelf(tmp_path / "fresh")
    vectors = clusters(50)
    shelf.put(vectors)
    (found,) = shelf.index().search(vectors[:1], 3, allowed=np.array([2, 3]))
    assert sorted(found.image_ids.tolist()) == [2, 3]
    shelf.catalog.close()


@given(
    st.lists(st.integers(0, 60), max_size=30),
    st.lists(st.integers(1, 60), max_size=30, unique=True),
)
def test_members_are_those_that_isin_tells(ids: list[int], allowed: list[int]) -> None:
    rows, among = np.array(ids, np.int64), np.array(sorted(allowed), np.int64)
    assert members(rows, among).tolist() == np.isin(rows, among).tolist()
