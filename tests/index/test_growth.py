"""When a snapshot is replaced, and growing one instead of building it anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lookalike.index import Plan
from lookalike.index import tail as tails

from .conftest import PLANS, Shelf, clusters


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
def test_a_grown_snapshot_finds_old_and_new_and_nothing_deleted(shelf: Shelf, kind: str) -> None:
    vectors = clusters(2600)
    shelf.put(np.concatenate([vectors[:2000], vectors[:30]]))  # thirty of them twice
    index = shelf.index(PLANS[kind])
    index.rebuild()
    shelf.remove([5, 6])
    shelf.put(np.concatenate([vectors[2000:], vectors[100:130]]), range(3000, 3630))
    shelf.put(vectors[7:8] * np.float32(-1), [8])  # changed
    status = index.rebuild(grow=True)
    assert (status.vectors, status.tail, status.deleted) == (2030 + 631, 0, 3)
    gone = {6, 7, *shelf.catalog.find("/3005")}
    shelf.remove([3005])
    for name in (0, 7, 100, 115, 1999, 2000, 2004, 2599):
        (found,) = index.search(vectors[name : name + 1], 3)
        expected = shelf.exact(vectors[name], 3)
        np.testing.assert_allclose(found.scores, sorted(expected.values())[::-1], atol=1e-6)
    (found,) = index.search(vectors[5:6], 1000)
    assert not gone & set(found.image_ids.tolist())


def test_growing_reads_only_what_is_new(shelf: Shelf) -> None:
    shelf.put(clusters(1500))
    index = shelf.index(PLANS["hnsw"])
    index.rebuild()
    shelf.put(clusters(40, seed=2))
    heard: list[int] = []
    index.rebuild(lambda progress: heard.append(progress.done), grow=True)
    assert heard == [1540]
    assert shelf.index(PLANS["hnsw"]).status().vectors == 1540


def test_a_damaged_snapshot_is_not_grown(shelf: Shelf) -> None:
    shelf.put(clusters(300))
    index = shelf.index(PLANS["hnsw"])
    index.rebuild()
    shelf.remove([1])
    (path,) = (shelf.folder / "index").glob("*.index")
    state = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    os.utime(path, ns=(state.st_mtime_ns, state.st_mtime_ns))  # as if the disk had done it
    assert index.rebuild(grow=True).deleted == 0  # built anew
    assert index.check() == []


def test_growing_after_the_last_vector_was_deleted(shelf: Shelf) -> None:
    vectors = clusters(400)
    shelf.put(vectors)
    index = shelf.index(PLANS["hnsw"])
    index.rebuild()
    shelf.remove([399])
    status = index.rebuild(grow=True)
    assert (status.kind, status.vectors, status.deleted) == ("hnsw", 400, 1)
    shelf.put(vectors[399:], [5000])
    assert index.search(vectors[399:], 1)[0].image_ids.tolist() == shelf.catalog.find("/5000")


def test_a_library_that_has_doubled_is_learned_anew(shelf: Shelf) -> None:
    shelf.put(clusters(300))
    index = shelf.index(PLANS["hnsw"])
    index.rebuild()
    shelf.put(clusters(400, seed=2))
    shelf.remove([1])
    assert index.rebuild(grow=True).deleted == 0  # a grown one would still hold it


def test_a_snapshot_of_mostly_deleted_vectors_is_learned_anew(shelf: Shelf) -> None:
    shelf.put(clusters(1000))
    plan = Plan(exact_up_to=0, tail_up_to=100)
    index = shelf.index(plan)
    index.rebuild()
    shelf.remove(range(240))
    assert not index.needs_rebuild()
    assert index.rebuild(grow=True).deleted == 240
    shelf.remove(range(240, 260))
    assert index.needs_rebuild()
    assert index.rebuild(grow=True).deleted == 0


def test_the_kind_follows_the_number_of_vectors() -> None:
    plan = Plan()
    counts = (0, 20_000, 20_001, 5_000_000, 5_000_001)
    assert [plan.kind(count) for count in counts] == ["exact", "exact", "hnsw", "hnsw", "ivf"]
    assert plan.sample_for("hnsw", 1_000_000) == 20_000
    assert plan.sample_for("ivf", 9_000_000) == 6000 * 32
    assert plan.sample_for("ivf", 100) == 100


def test_a_snapshot_changes_its_kind_with_the_library(shelf: Shelf) -> None:
    plan = Plan(exact_up_to=500)
    shelf.put(clusters(500))
    index = shelf.index(plan)
    assert index.rebuild(grow=True).kind == "exact"
    shelf.put(clusters(1, seed=2))
    assert index.rebuild(grow=True).kind == "hnsw"
    shelf.remove([0])
    assert index.rebuild(grow=True).kind == "exact"
    assert index.status().vectors == 500


@pytest.mark.parametrize(
    ("vectors", "tail", "deleted", "old"),
    [
        (0, 4000, 0, False),
        (0, 4001, 0, True),
        (100_000, 5000, 0, False),
        (100_000, 5001, 0, True),
        (1_000_000, 20_000, 0, False),
        (1_000_000, 20_001, 0, True),
        (1000, 0, 1000, False),
        (100_000, 0, 25_000, False),
        (100_000, 0, 25_001, True),
    ],
)
def test_a_snapshot_grows_old_by_its_tail_and_its_dead(
    vectors: int, tail: int, deleted: int, old: bool
) -> None:
    assert Plan().too_old(vectors, tail, deleted) is old


def test_a_small_library_needs_no_snapshot(shelf: Shelf) -> None:
    shelf.put(clusters(50))
    index = shelf.index()
    assert not index.needs_rebuild()
    assert index.status().tail == 50
    assert shelf.index(Plan(tail_up_to=49)).needs_rebuild()


def test_a_tail_too_long_for_memory_is_read_from_the_catalog(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "_MEMORY", 150 * 2 * shelf.generation.dimensions)
    vectors = clusters(900)
    shelf.put(vectors[:300])
    index = shelf.index()
    assert index.status().tail == 300
    shelf.put(vectors[300:], range(300, 900))
    shelf.remove([100, 880])
    assert index.status().tail == 898
    for name in (0, 101, 500, 899):
        (found,) = index.search(vectors[name : name + 1], 5)
        assert found.image_ids[0] == name + 1
        assert found.image_ids.tolist() == list(shelf.exact(vectors[name], 5))
    (found,) = index.search(vectors[:1], 2000)
    assert len(found) == 898


def test_two_libraries_do_not_mix(tmp_path: Path, make_shelf: Callable[[Path], Shelf]) -> None:
    first, second = make_shelf(tmp_path / "a"), make_shelf(tmp_path / "b")
    first.put(clusters(30))
    second.put(clusters(30, seed=4))
    first.index().rebuild()
    (first.folder / "index").rename(second.folder / "index")
    status = second.index().status()
    assert status.kind == "none"
    assert "another library" in str(status.problem)
    first.catalog.close()
    second.catalog.close()
