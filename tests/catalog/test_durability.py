"""What is left after a kill, on a full disk, and with several processes at work."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, TypeVar

import pytest
import sqlalchemy as sa

from lookalike.catalog import Catalog, Connection, Generation, NewImage, vector_rows
from lookalike.errors import LibraryStorageError

Make = Callable[..., NewImage]


_Answer = TypeVar("_Answer")


def ask(
    catalog: Catalog, question: Callable[Concatenate[Connection, ...], _Answer], *given: object
) -> _Answer:
    """Return what a function of the catalog's answers about it."""
    with catalog.reading() as connection:
        return question(connection, *given)


_WRITE = """
import sys
import numpy as np
from pathlib import Path
from lookalike.catalog import Catalog, NewImage

folder, name, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with Catalog.open(folder, create=True) as catalog:
    generation = catalog.generation("tiny", space="semantic", dimensions=8, sha256="ab" * 32)
    for batch in range(int(sys.argv[4])):
        catalog.apply(generation.id, store=[
            NewImage(f"/{name}/{batch}/{i}", "", None, 1, 1, {}, bytes(32), 0, 1, 1, "PNG",
                     np.ones(8), [(1, 0.5)])
            for i in range(size)
        ])
        print(batch, flush=True)
"""


def writer(folder: Path, name: str, size: int, batches: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITE, str(folder), name, str(size), str(batches)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_writer_leaves_every_acknowledged_batch_and_no_half_one(tmp_path: Path) -> None:
    size = 40
    folder = tmp_path / "library"
    process = writer(folder, "w", size, 1_000_000)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout]
    process.wait()
    process.stdout.close()
    with Catalog.open(folder) as catalog:
        batches = {int(row.uri.split("/")[2]) for row in catalog.iterate(limit=1_000_000)}
        assert set(acknowledged) <= batches
        assert len(batches) <= len(acknowledged) + 1
        assert catalog.count() == size * len(batches)
        assert ask(catalog, vector_rows.count, 1) == catalog.count()
        assert catalog.check() == []


def test_writers_of_several_processes_take_turns(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    processes = [writer(folder, name, 5, 30) for name in "abc"]
    assert [process.communicate(timeout=300)[0].count("\n") for process in processes] == [30] * 3
    with Catalog.open(folder) as catalog:
        assert catalog.count() == 3 * 5 * 30
        assert ask(catalog, vector_rows.last_id, 1) == 450
        assert catalog.check() == []


def _limit_pages(catalog: Catalog, pages: int) -> None:
    """Make the disk seem full when the file has so many pages."""

    def limit(connection: sqlite3.Connection, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sa.event.listen(catalog._engine, "checkout", lambda con, record, proxy: limit(con, record))


def test_a_full_disk_is_told_and_nothing_half_written_stays(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    catalog.apply(generation.id, store=[make_image(f"/{i}", i) for i in range(100)])
    _limit_pages(catalog, catalog.path.stat().st_size // 8192 + 12)
    batch = [make_image(f"/new/{i}", i, metadata={"text": "x" * 500}) for i in range(500)]
    with pytest.raises(LibraryStorageError, match="disk is full"):
        catalog.apply(generation.id, store=batch, remove=[1, 2, 3])
    assert catalog.count() == ask(catalog, vector_rows.count, generation.id) == 100
    assert ask(catalog, vector_rows.deletions_after, generation.id, 0)[0] == 0
    assert catalog.check() == []
    catalog.apply(generation.id, remove=[1])
    assert catalog.count() == 99


def test_readers_see_whole_batches_while_another_thread_writes(
    catalog: Catalog, generation: Generation, make_image: Make
) -> None:
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            rows = catalog.iterate(limit=10_000)
            ids = {row.image_id for row in rows}
            _, images, _ = catalog.vectors_after(generation.id, 0, limit=10_000)
            if len(rows) % 20 or len(images) % 20 or not ids <= set(images.tolist()):
                wrong.append(f"{len(rows)} images, {len(images)} vectors")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for batch in range(20):
        catalog.apply(
            generation.id, store=[make_image(f"/{batch}/{i}", batch * 20 + i) for i in range(20)]
        )
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert catalog.count() == 400
