"""Which images say a word in their address or in their metadata: SQLite's full-text index.

A catalog that has no index, because an older version made it and it may not be written, is read
through instead.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa

from .tables import TEXT_INDEX, images

__all__ = ["images_saying"]

_LEAST_PREFIX = 4


def images_saying(connection: sa.Connection, words: Sequence[str]) -> list[frozenset[int]]:
    """Return, for each word, the ids of the images whose address or metadata says it.

    Words of four letters and more are found at the beginning of longer ones too; words in
    characters that are not set apart by spaces, such as Chinese, anywhere.
    """
    indexed = sa.inspect(connection).has_table(TEXT_INDEX)
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
        f"SELECT rowid FROM {TEXT_INDEX} WHERE {TEXT_INDEX} MATCH ?", (pattern,)
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
