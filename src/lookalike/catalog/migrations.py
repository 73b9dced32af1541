"""What brings an older catalog to the tables of today, one step for each schema version.

A step says in SQL what was changed at its time and never looks at :mod:`.tables`, which moves on.
It may meet a part of its work done, so everything in it is done "if not exists". All steps that
a catalog lacks run in one transaction: a kill in the middle leaves the older version whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

__all__ = ["migrate"]

_TABLES_2 = """
CREATE TABLE IF NOT EXISTS picture_colours (
    content_hash BLOB NOT NULL, shares BLOB NOT NULL, PRIMARY KEY (content_hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS picture_parts (
    content_hash BLOB NOT NULL, generation_id BIGINT NOT NULL, boxes BLOB NOT NULL,
    codes BLOB NOT NULL, PRIMARY KEY (content_hash, generation_id)
);
CREATE TABLE IF NOT EXISTS name_examples (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, image_id BIGINT,
    picture_id BIGINT, origin TEXT NOT NULL, added DOUBLE NOT NULL,
    UNIQUE (name, image_id), UNIQUE (name, picture_id)
);
CREATE INDEX IF NOT EXISTS name_examples_by_image ON name_examples (image_id);
CREATE TABLE IF NOT EXISTS name_pictures (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, content_hash BLOB NOT NULL,
    uri TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (content_hash)
);
CREATE TABLE IF NOT EXISTS name_vectors (
    picture_id BIGINT NOT NULL, generation_id BIGINT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (picture_id, generation_id)
);
CREATE TABLE IF NOT EXISTS event_users (
    id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (name)
);
CREATE TABLE IF NOT EXISTS events (
    user_id BIGINT NOT NULL, image_id BIGINT NOT NULL, kind SMALLINT NOT NULL,
    time DOUBLE NOT NULL, weight DOUBLE, PRIMARY KEY (user_id, image_id, kind, time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event_state (
    id INTEGER NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (id)
)
"""

_LEAVE = (
    "INSERT INTO image_words(image_words, rowid, uri, page_url, metadata) "
    "VALUES ('delete', old.id, old.uri, old.page_url, old.metadata);"
)
_ENTER = (
    "INSERT INTO image_words(rowid, uri, page_url, metadata) "
    "VALUES (new.id, new.uri, new.page_url, new.metadata);"
)
_INDEX_2 = (
    "CREATE VIRTUAL TABLE image_words USING fts5(uri, page_url, metadata, content='images', "
    "content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER image_words_enter AFTER INSERT ON images BEGIN {_ENTER} END",
    f"CREATE TRIGGER image_words_leave AFTER DELETE ON images BEGIN {_LEAVE} END",
    "CREATE TRIGGER image_words_change AFTER UPDATE OF uri, page_url, metadata ON images "
    f"BEGIN {_LEAVE} {_ENTER} END",
    "INSERT INTO image_words(image_words) VALUES ('rebuild')",
)


def _to_2(connection: sa.Connection) -> None:
    """Make the tables that version 1 made by their first use, and the full-text index."""
    for statement in _TABLES_2.split(";"):
        connection.exec_driver_sql(statement)
    if not sa.inspect(connection).has_table("image_words"):
        for statement in _INDEX_2:
            connection.exec_driver_sql(statement)


_STEPS: Mapping[int, Callable[[sa.Connection], None]] = {2: _to_2}


def migrate(connection: sa.Connection, version: int) -> None:
    """Carry out the steps after ``version``, inside a transaction that the caller holds."""
    for number in sorted(_STEPS):
        if number > version:
            _STEPS[number](connection)
