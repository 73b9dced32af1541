"""Libraries of older schema versions open, keep all they hold, and are as new ones from then on."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from lookalike.catalog import Catalog, migrations, vector_rows
from lookalike.catalog.events import NewEvents, add_events, count_events, events_of, find_user
from lookalike.catalog.examples import examples, picture_ids, vector_blobs
from lookalike.catalog.picture_colours import colours_of
from lookalike.catalog.picture_parts import has_parts, part_blocks
from lookalike.catalog.tables import SCHEMA_VERSION, TEXT_INDEX
from lookalike.catalog.text_index import images_saying
from lookalike.errors import LibraryStorageError

_LATER = (
    "picture_colours",
    "picture_parts",
    "name_examples",
    "name_pictures",
    "name_vectors",
    "event_users",
    "events",
    "event_state",
)
"""What version 1 made by first use: a library may have all of it or none."""


@pytest.fixture
def library_1(tmp_path: Path) -> Path:
    """Return a copy of the library of version 1 with everything in it."""
    folder = tmp_path / "library"
    shutil.copytree(Path(__file__).parent / "data" / "library-1", folder)
    return folder


@pytest.fixture
def bare_1(library_1: Path) -> Path:
    """Return a library of version 1 in which nothing but indexing was ever done."""
    with closing(sqlite3.connect(library_1 / "catalog.sqlite")) as connection:
        for end in ("enter", "leave", "change"):
            connection.execute(f"DROP TRIGGER {TEXT_INDEX}_{end}")
        for name in (TEXT_INDEX, *_LATER):
            connection.execute(f"DROP TABLE {name}")
        connection.commit()
    return library_1


@pytest.fixture(params=["migrated", "read only"])
def opened(request: pytest.FixtureRequest, library_1: Path) -> Iterator[Catalog]:
    """Return the catalog of version 1, migrated, or only read as it is."""
    with Catalog.open(library_1, readonly=request.param == "read only") as catalog:
        yield catalog


def stated_version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        query = "SELECT value FROM meta WHERE name = 'schema_version'"
        return int(connection.execute(query).fetchone()[0])


def shape(catalog: Catalog) -> dict[str, Any]:
    """Return what the database says of its tables, indexes and triggers."""
    with catalog.reading() as connection:
        inspector = sa.inspect(connection)
        tables = {
            name: (
                [(one["name"], str(one["type"]), one["nullable"]) for one in columns],
                inspector.get_pk_constraint(name)["constrained_columns"],
                sorted(map(str, inspector.get_indexes(name))),
                sorted(map(str, inspector.get_unique_constraints(name))),
                sorted(map(str, inspector.get_foreign_keys(name))),
                inspector.get_table_options(name),
            )
            for name in inspector.get_table_names()
            for columns in [inspector.get_columns(name)]
        }
        made = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'image_words%' OR sql LIKE ?"
        rows = connection.exec_driver_sql(made, ("%AUTOINCREMENT%",))
        text = {row[0]: " ".join(row[1].split()) if "words" in row[0] else "" for row in rows}
    return tables | {"text": text}


def test_images_failures_and_metadata_are_still_there(opened: Catalog) -> None:
    rows = opened.iterate()
    assert [row.uri for row in rows] == [f"/pictures/scene-{number}.png" for number in range(6)]
    assert rows[0].metadata == {"title": "A wooden table", "price": 19.9}
    assert all(len(row.labels) == 5 for row in rows)
    assert [failure.uri for failure in opened.failures()] == ["/pictures/broken.jpg"]
    assert opened.check() == []


def test_vectors_and_parts_are_still_there(opened: Catalog) -> None:
    generation = opened.active_generation("semantic")
    assert generation is not None
    with opened.reading() as connection:
        assert vector_rows.count(connection, generation.id) == 6
        assert has_parts(connection, generation)
        (block,) = part_blocks(connection, generation)
        ids, shares = colours_of(connection)
    assert np.unique(block.image_ids).tolist() == [1, 2, 3, 4, 5, 6]
    assert ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert shares.any(axis=1).all()


def test_names_are_still_there_with_the_picture_from_outside(opened: Catalog) -> None:
    generation = opened.active_generation("semantic")
    assert generation is not None
    with opened.reading() as connection:
        found = examples(connection)
        outside = [one.picture_id for one in found if one.picture_id is not None]
        _, blobs = vector_blobs(connection, generation.id, vector_ids=(), picture_ids=outside)
    assert [(one.name, Path(one.uri).stem) for one in found] == [
        ("round", "scene-2"),
        ("round", "outside"),
        ("square", "scene-0"),
        ("square", "scene-1"),
    ]
    assert [len(blob) for blob in blobs.values()] == [2 * generation.dimensions]


def test_events_are_still_there(opened: Catalog) -> None:
    with opened.reading() as connection:
        anna = find_user(connection, "anna")
        assert anna is not None
        assert events_of(connection, anna).image_ids.tolist() == [1, 2]
        assert count_events(connection).events == 3


def test_words_are_found(opened: Catalog) -> None:
    with opened.reading() as connection:
        assert images_saying(connection, ["wooden", "汽车", "auto"]) == [{1}, {2}, {3}]


@pytest.mark.parametrize("library", ["library_1", "bare_1"])
def test_a_migrated_catalog_has_the_tables_of_a_new_one(
    library: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(library)
    with (
        Catalog.open(folder) as migrated,
        Catalog.open(tmp_path / "new", create=True) as new,
    ):
        assert shape(migrated) == shape(new)
    assert stated_version(folder) == SCHEMA_VERSION


def test_a_bare_library_is_migrated_and_its_words_are_indexed(bare_1: Path) -> None:
    with Catalog.open(bare_1) as catalog, catalog.reading() as connection:
        assert images_saying(connection, ["wooden", "table"]) == [{1}, {1}]
        query = f"SELECT rowid FROM {TEXT_INDEX} WHERE {TEXT_INDEX} MATCH 'wooden'"
        assert connection.exec_driver_sql(query).all() == [(1,)]
        assert examples(connection) == []
        assert count_events(connection).events == 0


def test_a_bare_library_that_may_only_be_read_answers_and_stays_as_it_is(bare_1: Path) -> None:
    before = (bare_1 / "catalog.sqlite").read_bytes()
    with Catalog.open(bare_1, readonly=True) as catalog:
        generation = catalog.active_generation("semantic")
        assert generation is not None
        with catalog.reading() as connection:
            assert images_saying(connection, ["wooden", "汽车"]) == [{1}, {2}]
            assert examples(connection) == []
            assert picture_ids(connection, [bytes(32)]) == {}
            assert count_events(connection).events == 0
            assert colours_of(connection)[0].tolist() == []
            assert not has_parts(connection, generation)
        assert len(catalog.iterate()) == 6
    assert (bare_1 / "catalog.sqlite").read_bytes() == before


def test_what_may_only_be_read_takes_no_events_into_memory(bare_1: Path) -> None:
    one, none = np.ones(1, np.int64), np.zeros(1, np.int64)
    new = NewEvents(["ann"], none, one, none, np.ones(1), np.ones(1))
    with (
        Catalog.open(bare_1, readonly=True) as catalog,
        pytest.raises(LibraryStorageError, match="may not be written"),
        catalog.writing() as connection,
    ):
        add_events(connection, new)


def test_a_step_that_fails_leaves_the_older_version_whole(
    bare_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: sa.Connection) -> None:
        migrations._to_2(connection)
        raise RuntimeError("no")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_STEPS", {2: fail})
        with pytest.raises(RuntimeError):
            Catalog.open(bare_1)
    assert stated_version(bare_1) == 1
    with closing(sqlite3.connect(bare_1 / "catalog.sqlite")) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert not names & {*_LATER, TEXT_INDEX}
    with Catalog.open(bare_1) as catalog:
        assert catalog.count() == 6


_KILLED = """
import os, signal, sys
from pathlib import Path
from lookalike.catalog import Catalog, migrations, vector_rows
whole = migrations._to_2
def half(connection):
    whole(connection)
    os.kill(os.getpid(), signal.SIGKILL)
migrations._STEPS = {2: half}
Catalog.open(Path(sys.argv[1]))
"""


def test_a_kill_in_the_middle_leaves_the_older_version_whole(bare_1: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, str(bare_1)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert stated_version(bare_1) == 1
    with Catalog.open(bare_1) as catalog:
        assert len(catalog.iterate()) == 6
        assert catalog.check() == []
    assert stated_version(bare_1) == SCHEMA_VERSION


_OPEN = """
import sys
from pathlib import Path
from lookalike.catalog import Catalog
sys.stdin.readline()
with Catalog.open(Path(sys.argv[1])) as catalog:
    print(catalog.count())
"""


def test_processes_that_migrate_at_once_take_turns(bare_1: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(bare_1)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=60) for worker in workers]
    assert [output for output, _ in answers] == ["6\n"] * 3, answers
