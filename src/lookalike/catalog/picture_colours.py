"""How much of each basic colour a picture shows, by its content.

Rows belong to contents, not to images: a copy or a renamed file needs no new one, and a changed
file cannot have an old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from .tables import images, picture_colours

__all__ = ["colours_of", "store_colours", "without_colours"]

_Item = TypeVar("_Item")

_CHUNK = 500  # bound values in one statement

_table = picture_colours


def store_colours(connection: sa.Connection, shares: Mapping[bytes, NDArray[np.uint8]]) -> None:
    """Keep the shares of contents, by their hashes; those that are known stay."""
    if not shares:
        return
    known: set[bytes] = set()
    for chunk in _chunks(list(shares)):
        query = sa.select(_table.c.content_hash).where(_table.c.content_hash.in_(chunk))
        known.update(connection.scalars(query))
    rows = [
        {"content_hash": content_hash, "shares": values.tobytes()}
        for content_hash, values in shares.items()
        if content_hash not in known
    ]
    if rows:
        connection.execute(sa.insert(_table), rows)


def colours_of(connection: sa.Connection) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the ids of the images whose colours are known, ascending, and their shares (n, c)."""
    query = (
        sa.select(images.c.id, _table.c.shares)
        .join(_table, _table.c.content_hash == images.c.content_hash)
        .order_by(images.c.id)
    )
    rows = connection.execute(query).all()
    ids = np.array([row[0] for row in rows], np.int64)
    flat = np.frombuffer(b"".join(row[1] for row in rows), np.uint8)
    return ids, flat.reshape(len(rows), -1) if rows else flat.reshape(0, 0)


def without_colours(
    connection: sa.Connection, image_ids: Sequence[int]
) -> list[tuple[int, str, bytes]]:
    """Return (id, uri, content hash) of those of the images whose colours are not known."""
    found: list[tuple[int, str, bytes]] = []
    for chunk in _chunks(image_ids):
        query = sa.select(images.c.id, images.c.uri, images.c.content_hash)
        query = query.where(
            images.c.id.in_(chunk),
            ~sa.exists().where(_table.c.content_hash == images.c.content_hash),
        )
        found += [(row[0], row[1], row[2]) for row in connection.execute(query)]
    return found


def _chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
