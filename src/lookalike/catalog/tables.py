"""All tables of the catalog, in the SQL that SQLite and PostgreSQL share.

A change here is a new schema version and a step in :mod:`.migrations`, which brings the libraries
that people have to what a new one looks like. No table is made by its first use.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import sqlalchemy as sa

__all__ = [
    "SCHEMA_VERSION",
    "TEXT_COLUMNS",
    "TEXT_INDEX",
    "AnyText",
    "deletions",
    "event_state",
    "event_users",
    "events",
    "failures",
    "generations",
    "images",
    "labels",
    "meta",
    "name_examples",
    "name_pictures",
    "name_vectors",
    "picture_colours",
    "picture_parts",
    "schema",
    "to_json",
    "vectors",
]

SCHEMA_VERSION = 2
"""Raised by one with every change of the tables; see :mod:`.migrations`."""

_ESCAPE = "\x1a"
_UNSAFE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


class AnyText(sa.types.TypeDecorator[str]):
    """Text that may hold what databases refuse: lone surrogates and NUL.

    A file name on Linux is bytes; Python hands out those that are no UTF-8 as lone
    surrogates, which neither SQLite nor PostgreSQL stores. They are written as U+001A and
    four hexadecimal digits, character by character, so that prefixes stay prefixes.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        if value is None or not _UNSAFE.search(value):
            return value
        return _UNSAFE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        if value is None or _ESCAPE not in value:
            return value
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)


def to_json(value: Any) -> str:
    """Write a value as JSON that every database takes: no NaN, no lone surrogates unescaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:  # NaN or an infinity: JSON has neither
        return to_json(_finite(value))
    if _UNSAFE.search(text):
        return json.dumps(value, separators=(",", ":"))
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


schema = sa.MetaData()

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up INTEGER only

meta = sa.Table(
    "meta",
    schema,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

generations = sa.Table(
    "generations",
    schema,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("space", sa.Text, nullable=False),
    sa.Column("dimensions", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.UniqueConstraint("model", "sha256", "space"),
)

images = sa.Table(
    "images",
    schema,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("uri", AnyText, nullable=False, unique=True),
    sa.Column("url", AnyText, nullable=False, index=True),
    sa.Column("page_url", AnyText),
    sa.Column("size", sa.BigInteger, index=True),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("content_hash", sa.LargeBinary, nullable=False, index=True),
    sa.Column("perceptual_hash", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("added", sa.Double, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sqlite_autoincrement=True,
)

# The ids of vectors only grow and are never given out twice: an index that has seen all up to
# one of them needs to look only at those above it, and at the log of deletions.
vectors = sa.Table(
    "vectors",
    schema,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("image_id", sa.ForeignKey("images.id"), nullable=False),
    sa.Column("generation_id", sa.ForeignKey("generations.id"), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),  # float16, little-endian
    sa.UniqueConstraint("image_id", "generation_id"),
    sqlite_autoincrement=True,
)

deletions = sa.Table(
    "deletions",
    schema,
    sa.Column("sequence", _Id, primary_key=True),
    sa.Column("generation_id", sa.ForeignKey("generations.id"), nullable=False),
    sa.Column("vector_id", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

labels = sa.Table(
    "labels",
    schema,
    sa.Column("image_id", sa.ForeignKey("images.id"), primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)

failures = sa.Table(
    "failures",
    schema,
    sa.Column("uri", AnyText, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", AnyText, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("time", sa.Double, nullable=False),
)

# What belongs to the content of a picture, not to an image: a copy or a renamed file needs no new
# row, and a changed file cannot have an old one.

picture_colours = sa.Table(
    "picture_colours",
    schema,
    sa.Column("content_hash", sa.LargeBinary, primary_key=True),
    sa.Column("shares", sa.LargeBinary, nullable=False),  # uint8, 255 for the whole picture
    sqlite_with_rowid=False,
)

picture_parts = sa.Table(
    "picture_parts",
    schema,
    sa.Column("content_hash", sa.LargeBinary, primary_key=True),
    sa.Column("generation_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("boxes", sa.LargeBinary, nullable=False),  # int32, little-endian, (n, 4)
    sa.Column("codes", sa.LargeBinary, nullable=False),  # int8, (n, dimensions)
)

# The user's own names and the events refer to images by no foreign key: what is known of an image
# may outlive it, and every reading joins with the images.

name_examples = sa.Table(
    "name_examples",
    schema,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("image_id", sa.BigInteger),
    sa.Column("picture_id", sa.BigInteger),
    sa.Column("origin", AnyText, nullable=False),  # "" by hand, else what it was learned from
    sa.Column("added", sa.Double, nullable=False),
    sa.UniqueConstraint("name", "image_id"),
    sa.UniqueConstraint("name", "picture_id"),
    sa.Index("name_examples_by_image", "image_id"),
    sqlite_autoincrement=True,
)

name_pictures = sa.Table(
    "name_pictures",
    schema,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("content_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("uri", AnyText, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),  # a small JPEG
    sqlite_autoincrement=True,
)

name_vectors = sa.Table(
    "name_vectors",
    schema,
    sa.Column("picture_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("generation_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),  # float16, little-endian
)

event_users = sa.Table(
    "event_users",
    schema,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("name", AnyText, nullable=False, unique=True),
)

events = sa.Table(
    "events",
    schema,
    sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("image_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Double, primary_key=True),
    sa.Column("weight", sa.Double),  # NULL: what the kind is worth
    sqlite_with_rowid=False,
)

# One row that counts the writes: what was learned from the events knows whether it is still true.
event_state = sa.Table(
    "event_state",
    schema,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

# The full-text index of SQLite: it stands beside the table of images, holds no text of its own,
# and triggers keep it in step, whichever program writes.
TEXT_INDEX = "image_words"
TEXT_COLUMNS = ("uri", "page_url", "metadata")


def _text_index() -> tuple[str, ...]:
    names = ", ".join(TEXT_COLUMNS)
    new = ", ".join(f"new.{name}" for name in TEXT_COLUMNS)
    old = ", ".join(f"old.{name}" for name in TEXT_COLUMNS)
    enter = f"INSERT INTO {TEXT_INDEX}(rowid, {names}) VALUES (new.id, {new});"
    leave = (
        f"INSERT INTO {TEXT_INDEX}({TEXT_INDEX}, rowid, {names}) VALUES ('delete', old.id, {old});"
    )
    return (
        f"CREATE VIRTUAL TABLE {TEXT_INDEX} USING fts5({names}, content='images', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
        f"CREATE TRIGGER {TEXT_INDEX}_enter AFTER INSERT ON images BEGIN {enter} END",
        f"CREATE TRIGGER {TEXT_INDEX}_leave AFTER DELETE ON images BEGIN {leave} END",
        f"CREATE TRIGGER {TEXT_INDEX}_change AFTER UPDATE OF {names} ON images "
        f"BEGIN {leave} {enter} END",
    )


for _statement in _text_index():
    _ddl = sa.DDL(_statement)  # type: ignore[no-untyped-call]
    sa.event.listen(images, "after_create", _ddl.execute_if(dialect="sqlite"))
