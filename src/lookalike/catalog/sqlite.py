"""What of the catalog is SQLite and nothing else: files, pragmas, locks and error codes.

How the database is set up, and why:

* Write-ahead log: any number of processes read while one writes, and a reader never waits.
* ``synchronous=FULL``: the log is flushed to the disk at every commit. With ``NORMAL`` the last
  commits can be lost when the power fails (not at ``kill -9``); a batch of images is acknowledged
  once, so the flush costs a few milliseconds a batch and buys what "acknowledged" promises.
* Pages of 8 KiB: three vectors of 1280 float16 (2,560 bytes) fit one page. On the usual 4 KiB
  one would, and a third of the file would be empty.
* Writers take the lock when they begin (``BEGIN IMMEDIATE``): a second one waits its turn instead
  of failing half-way.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from lookalike.errors import LibraryBrokenError, LibraryBusyError, LibraryStorageError

from .columns import add_functions
from .tables import to_json

__all__ = [
    "Watch",
    "connect_engine",
    "problems",
    "translated",
    "vector_rows_of",
    "vector_rows_of_images",
]

_BUSY_SECONDS = 60.0
_PAGE_BYTES = 8192
_CACHE_KIBIBYTES = 16_384
_LOG_BYTES = 64 * 1024 * 1024
_LITTLE_SPACE = 16 * 1024 * 1024


def connect_engine(path: Path, *, readonly: bool) -> sa.Engine:
    """Return an engine for the database file; nothing is opened before the first use."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            _address(path, readonly),
            uri=True,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
            isolation_level=None,  # transactions begin in _begin, below
        )
        _prepare(connection, readonly)
        return connection

    engine = sa.create_engine(
        "sqlite://",
        creator=connect,
        poolclass=sa.QueuePool,
        pool_size=8,
        max_overflow=-1,
        json_serializer=to_json,
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _address(path: Path, readonly: bool) -> str:
    address = "file:" + quote(os.fsencode(path.absolute()))
    if not readonly:
        return address + "?mode=rwc"
    log = path.with_name(path.name + "-wal")
    if not os.access(path.parent, os.W_OK) and not log.exists():
        # Nobody can be writing here, and SQLite could not make its shared-memory file either.
        return address + "?mode=ro&immutable=1"
    return address + "?mode=ro"


def _prepare(connection: sqlite3.Connection, readonly: bool) -> None:
    if not readonly:
        connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")  # has an effect on a new file only
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")
    add_functions(connection)


class Watch:
    """Tells cheaply whether any other connection, of any process, has committed something."""

    def __init__(self, path: Path, *, readonly: bool) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            _address(path, readonly),
            uri=True,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
            isolation_level=None,
        )

    def version(self) -> int:
        """Return a number that differs from the last one when something was committed."""
        with self._lock:
            row = self._connection.execute("PRAGMA data_version").fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into sentences about the library at ``path``."""
    try:
        yield
    except (sqlite3.DatabaseError, sa.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        sentence = _sentence(path, getattr(cause, "sqlite_errorcode", None))
        if sentence is None:
            raise
        kind, text = sentence
        raise kind(f"{text} ({cause})") from error
    except json.JSONDecodeError as error:
        raise LibraryBrokenError(
            f"{path} holds metadata that cannot be read ({error}). Restore it from a copy, or "
            "remove the library folder and index the pictures again."
        ) from error


def _sentence(path: Path, code: int | None) -> tuple[type[Exception], str] | None:
    folder = path.parent
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and _no_space(folder)):
        return LibraryStorageError, (
            f"The disk is full: the last batch was not written to {folder}, all before it is "
            "safe. Make room and run the same command again."
        )
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryBusyError, (
            f"Another process has been writing to {folder} for more than "
            f"{_BUSY_SECONDS:.0f} seconds. Try again when it has finished."
        )
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return LibraryBrokenError, (
            f"{path} is damaged or is not a catalog of Lookalike. Restore it from a copy, or "
            "remove the library folder and index the pictures again."
        )
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return LibraryStorageError, f"The library {folder} may not be written by this user."
    if primary == sqlite3.SQLITE_CANTOPEN:
        return LibraryStorageError, f"{path} cannot be opened: check its permissions."
    if primary == sqlite3.SQLITE_IOERR:
        return LibraryStorageError, f"The disk under {folder} does not answer properly."
    return None


def _no_space(folder: Path) -> bool:
    try:
        state = os.statvfs(folder)
    except OSError:
        return False
    return state.f_bavail * state.f_frsize < _LITTLE_SPACE


def vector_rows_of(engine: sa.Engine, generation_id: int, vector_ids: list[int]) -> Sequence[Any]:
    """Return (id, image id, data) of those vectors that exist, in the order of the ids.

    Every search asks this twice, so it goes straight to the driver: a transaction and a statement
    of SQLAlchemy's take 0.3 ms more, as long as reading 50 vectors. The text of the statement
    never changes, whatever the number of ids.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT id, image_id, data FROM vectors WHERE generation_id = ? "
            "AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (generation_id, json.dumps(vector_ids)),
        )
        return cursor.fetchall()
    finally:
        connection.close()


def vector_rows_of_images(
    connection: sa.Connection, generation_id: int, image_ids: list[int]
) -> Sequence[Any]:
    """Return (image id, data) of the vectors of those images; one statement for any number."""
    statement = (
        "SELECT image_id, data FROM vectors WHERE generation_id = ? "
        "AND image_id IN (SELECT value FROM json_each(?))"
    )
    found = connection.exec_driver_sql(statement, (generation_id, json.dumps(image_ids)))
    return found.all()


def problems(connection: sa.Connection) -> list[str]:
    """Return what SQLite's own checks find wrong with the file, in its words."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check(20)")]
    found = [] if found == ["ok"] else [f"catalog.sqlite: {text}" for text in found]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(20)
    found += [f"catalog.sqlite: a row of {row[0]} belongs to a missing {row[2]}" for row in orphans]
    return found
