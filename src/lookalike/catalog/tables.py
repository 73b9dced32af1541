"""The tables of the catalog, in the SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import sqlalchemy as sa

__all__ = [
    "SCHEMA_VERSION",
    "deletions",
    "failures",
    "generations",
    "images",
    "labels",
    "meta",
    "schema",
    "to_json",
    "vectors",
]

SCHEMA_VERSION = 1
"""Raised by one with every change of the tables that an older program cannot read."""

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
