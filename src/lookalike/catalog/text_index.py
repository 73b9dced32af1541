"""Which images say a word in their address or in their metadata: SQLite's full-text index.

The index stands beside the table of images, holds no text of its own, and is kept in step by
triggers, so that every program that writes the catalog keeps it too. A catalog that has none,
and may not be written, is read through instead.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa

from .tables import images

__all__ = ["create_text_index", "has_text_index", "images_saying"]

_TABLE = "image_words"
_COLUMNS = ("uri", "page_url", "metadata")
_NAMES = ", ".join(_COLUMNS)
_LEAST_PREFIX = 4


def has_text_index(connection: sa.Connection) -> bool:
    """Return whether the catalog has its full-text index."""
    return sa.inspect(connection).has_table(_TABLE)


def create_text_index(connection: sa.Connection) -> None:
    """Make the index and its triggers and fill it, unless it is there; in one transaction."""
    if connection.dialect.name != "sqlite" or has_text_index(connection):
        return
    new = ", ".join(f"new.{name}" for name in _COLUMNS)
    old = ", ".join(f"old.{name}" for name in _COLUMNS)
    enter = f"INSERT INTO {_TABLE}(rowid, {_NAMES}) VALUES (new.id, {new});"
    leave = f"INSERT INTO {_TABLE}({_TABLE}, rowid, {_NAMES}) VALUES ('delete', old.id, {old});"
    for statement in (
        f"CREATE VIRTUAL TABLE {_TABLE} USING fts5({_NAMES}, content='images', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
        f"CREATE TRIGGER {_TABLE}_enter AFTER INSERT ON images BEGIN {enter} END",
        f"CREATE TRIGGER {_TABLE}_leave AFTER DELETE ON images BEGIN {leave} END",
        f"CREATE TRIGGER {_TABLE}_change AFTER UPDATE OF {_NAMES} ON images "
        f"BEGIN {leave} {enter} END",
        f"INSERT INTO {_TABLE}({_TABLE}) VALUES ('rebuild')",
    ):
        connection.exec_driver_sql(statement)


def images_saying(connection: sa.Connection, words: Sequence[str]) -> list[frozenset[int]]:
    """Return, for each word, the ids of the images whose address or metadata says it.

    Words of four letters and more are found at the beginning of longer ones too; words in
    characters that are not set apart by spaces, such as Chinese, anywhere.
    """
    indexed = connection.dialect.name == "sqlite" and has_text_index(connection)
    return [
        _matched(connection, word)
        if indexed and not _runs_together(word)
        else _read_through(connection, word)
        for word in words
    ]


def _matched(connection: sa.Connection, word: str) -> frozenset[int]:
    quoted = '"' + word.replace('"', '""') + '"'
    pattern = f"{quoted}*" if len(word) >= _LEAST_PREFIX else f'{quoted} OR {quoted[:-1]}s"'
    rows = connection.exec_driver_sql(
        f"SELECT rowid FROM {_TABLE} WHERE {_TABLE} MATCH ?", (pattern,)
    )
    return frozenset(row[0] for row in rows)


def _read_through(connection: sa.Connection, word: str) -> frozenset[int]:
    columns = (images.c.uri, images.c.page_url, sa.cast(images.c.metadata, sa.Text))
    query = sa.select(images.c.id).where(
        sa.or_(*(sa.type_coerce(c, sa.Text).icontains(word, autoescape=True) for c in columns))
    )
    return frozenset(connection.scalars(query))


def _runs_together(word: str) -> bool:
    return any(unicodedata.category(character) == "Lo" for character in word)
