"""A snapshot that is damaged, foreign or half-written costs time, never a right answer."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import filelock
import numpy as np
import pytest

from lookalike.errors import LibraryBusyError, LibraryStorageError
from lookalike.index import LibraryIndex
from lookalike.results import Progress

from .conftest import PLANS, Shelf, clusters

QUERIES = clusters(5, seed=1)


@pytest.fixture(params=list(PLANS))
def kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of index."""
    return str(request.param)


@pytest.fixture
def built(shelf: Shelf, kind: str) -> Shelf:
    """Return a library of 300 images with a snapshot."""
    shelf.put(clusters(300))
    shelf.index(PLANS[kind]).rebuild()
    return shelf


def manifest_of(shelf: Shelf) -> Path:
    (path,) = (shelf.folder / "index").glob("*.json")
    return path


def answers(shelf: Shelf, index: LibraryIndex) -> bool:
    """Tell whether the best three are the true ones."""
    return all(
        found.image_ids.tolist() == list(shelf.exact(query, 3))
        for query, found in zip(QUERIES, index.search(QUERIES, 3), strict=True)
    )


def check_fallback_and_repair(shelf: Shelf, kind: str) -> None:
    index = shelf.index(PLANS[kind])
    assert answers(shelf, index)
    status = index.status()
    assert (status.kind, status.vectors, status.tail) == ("none", 0, 300)
    assert status.problem is not None
    assert index.needs_rebuild()
    assert index.rebuild(grow=True).problem is None
    assert not index.needs_rebuild()
    assert index.status().kind == kind
    assert answers(shelf, index)


def test_every_file_may_be_lost(built: Shelf, kind: str) -> None:
    for name in sorted(json.loads(manifest_of(built).read_text())["files"]):
        entry = json.loads(manifest_of(built).read_text())["files"][name]
        (built.folder / "index" / entry["name"]).unlink()
        check_fallback_and_repair(built, kind)


@pytest.mark.parametrize("part", [0.0, 0.999])
def test_every_file_may_be_cut_short(built: Shelf, kind: str, part: float) -> None:
    for name in sorted(json.loads(manifest_of(built).read_text())["files"]):
        entry = json.loads(manifest_of(built).read_text())["files"][name]
        os.truncate(built.folder / "index" / entry["name"], int(entry["size"] * part))
        check_fallback_and_repair(built, kind)


@pytest.mark.parametrize("place", [0.0, 0.6])
def test_every_file_may_have_a_byte_changed(built: Shelf, kind: str, place: float) -> None:
    for name in sorted(json.loads(manifest_of(built).read_text())["files"]):
        entry = json.loads(manifest_of(built).read_text())["files"][name]
        with (built.folder / "index" / entry["name"]).open("r+b") as stream:
            stream.seek(int((entry["size"] - 1) * place))
            byte = stream.read(1)[0]
            stream.seek(-1, os.SEEK_CUR)
            stream.write(bytes([byte ^ 0x55]))
        check_fallback_and_repair(built, kind)


@pytest.mark.parametrize("kind", ["exact"], indirect=True)  # read before the kind matters
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 1}',
        '{"format": 99}',
        "\x00" * 50,
    ],
)
def test_the_manifest_may_be_garbage(built: Shelf, kind: str, text: str) -> None:
    manifest_of(built).write_text(text)
    check_fallback_and_repair(built, kind)


def test_the_manifest_may_be_lost(built: Shelf, kind: str) -> None:
    manifest_of(built).unlink()
    index = built.index(PLANS[kind])
    assert answers(built, index)
    assert index.status().kind == "none"
    index.rebuild()
    assert index.status().kind == kind
    assert answers(built, index)


@pytest.mark.parametrize("kind", ["exact"], indirect=True)  # read before the kind matters
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "abacus"),
        ("catalog", "another"),
        ("generation", 2),
        ("dimensions", 63),
        ("count", 299),
        ("max_vector_id", 10**6),
        ("sequence", 10**6),
        ("last_crc32", 1),
        ("files", {}),
    ],
)
def test_the_manifest_may_tell_of_another_library(
    built: Shelf, kind: str, field: str, value: object
) -> None:
    values = json.loads(manifest_of(built).read_text())
    manifest_of(built).write_text(json.dumps(values | {field: value}))
    check_fallback_and_repair(built, kind)


def test_a_manifest_cannot_point_out_of_its_folder(built: Shelf, kind: str) -> None:
    values = json.loads(manifest_of(built).read_text())
    outside = built.folder / "outside"
    for entry in values["files"].values():
        shutil.move(built.folder / "index" / entry["name"], outside)
        entry["name"] = "../outside"
        break
    manifest_of(built).write_text(json.dumps(values))
    check_fallback_and_repair(built, kind)


def test_a_copied_library_is_searched_by_its_snapshot(built: Shelf, kind: str) -> None:
    built.catalog.close()
    copy = built.folder.with_name("copy")
    shutil.copytree(built.folder, copy, copy_function=shutil.copyfile)  # other times of change
    again = Shelf(copy)
    try:
        assert again.index(PLANS[kind]).status().kind == kind
        assert answers(again, again.index(PLANS[kind]))
    finally:
        again.catalog.close()


def test_a_catalog_put_back_from_an_older_copy_is_noticed(shelf: Shelf, kind: str) -> None:
    shelf.put(clusters(250))
    shelf.catalog.close()
    older = shelf.folder / "older.sqlite"
    shutil.copyfile(shelf.folder / "catalog.sqlite", older)
    later = Shelf(shelf.folder)
    later.put(clusters(50, seed=5))
    later.index(PLANS[kind]).rebuild()
    later.catalog.close()
    older.replace(shelf.folder / "catalog.sqlite")
    restored = Shelf(shelf.folder)
    try:
        restored.put(clusters(50, seed=6))  # takes the same ids for other vectors
        check_fallback_and_repair(restored, kind)
    finally:
        restored.catalog.close()


def test_the_check_reads_what_opening_does_not(built: Shelf, kind: str) -> None:
    index = built.index(PLANS[kind])
    built.remove([1, 2])
    built.put(clusters(3, seed=8), range(900, 903))
    assert index.check() == []
    for entry in json.loads(manifest_of(built).read_text())["files"].values():
        path = built.folder / "index" / entry["name"]
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        os.utime(path, ns=(entry["mtime_ns"], entry["mtime_ns"]))  # as if the disk had done it
        (problem,) = index.check()
        assert entry["name"] in problem
        path.write_bytes(whole)
    assert index.check() == []


def test_the_check_counts(built: Shelf, kind: str) -> None:
    index = built.index(PLANS[kind])
    with sqlite3.connect(built.catalog.path) as connection:
        connection.execute("DELETE FROM vectors WHERE id = 7")  # and nothing in the log
    connection.close()
    assert index.check() == ["The index holds 300 vectors of 299."]


@pytest.mark.parametrize("kind", ["hnsw", "ivf"], indirect=True)  # they ask the catalog
def test_vectors_that_vanished_without_a_trace_do_not_hang_a_search(
    built: Shelf, kind: str
) -> None:
    index = built.index(PLANS[kind])
    assert answers(built, index)
    with sqlite3.connect(built.catalog.path) as connection:
        connection.execute("DELETE FROM vectors WHERE id % 2 = 0")
    connection.close()
    assert answers(built, index)
    assert "catalog lacks" in str(index.status().problem)
    assert index.needs_rebuild()
    assert index.rebuild(grow=True).vectors == 150
    assert answers(built, index)


class Killed(BaseException):
    """Stands for a sudden end."""


def test_a_rebuild_that_is_cut_off_leaves_the_old_snapshot_and_no_litter(
    built: Shelf, kind: str
) -> None:
    index = built.index(PLANS[kind])
    before = sorted(path.name for path in (built.folder / "index").iterdir())
    built.put(clusters(20, seed=3))

    def stop(progress: Progress) -> None:
        raise Killed

    with pytest.raises(Killed):
        index.rebuild(stop)
    assert sorted(path.name for path in (built.folder / "index").iterdir()) == before
    status = index.status()
    assert (status.kind, status.vectors, status.tail) == (kind, 300, 20)
    (built.folder / "index" / "generation-1-0123456789ab.vectors").write_bytes(b"of a killed run")
    index.rebuild()
    names = {path.name for path in (built.folder / "index").iterdir()}
    entries = json.loads(manifest_of(built).read_text())["files"].values()
    assert names - {"rebuild.lock"} == {
        "generation-1.json",
        *(entry["name"] for entry in entries),
    }


@pytest.mark.parametrize("kind", ["exact"], indirect=True)  # read before the kind matters
def test_a_second_rebuild_at_the_same_time_is_told(built: Shelf, kind: str) -> None:
    with (
        filelock.FileLock(built.folder / "index" / "rebuild.lock"),
        pytest.raises(LibraryBusyError, match="being rebuilt"),
    ):
        built.index(PLANS[kind]).rebuild()


def test_a_disk_that_refuses_leaves_the_old_snapshot(
    built: Shelf, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    index = built.index(PLANS[kind])
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(LibraryStorageError, match="The old one stays in use"):
        index.rebuild()
    monkeypatch.undo()
    assert index.status().kind == kind
    assert answers(built, index)


def test_progress_reaches_the_total(built: Shelf, kind: str) -> None:
    heard: list[Progress] = []
    built.index(PLANS[kind]).rebuild(heard.append)
    assert (heard[-1].done, heard[-1].total) == (300, 300)
    assert [progress.done for progress in heard] == sorted(progress.done for progress in heard)


def test_the_size_of_the_snapshot_is_that_of_its_files(built: Shelf, kind: str) -> None:
    status = built.index(PLANS[kind]).status()
    sizes = [path.stat().st_size for path in (built.folder / "index").glob("generation-1-*")]
    assert status.bytes == sum(sizes) > 0
    assert np.isclose(status.built_at or 0, manifest_of(built).stat().st_mtime, atol=60)
