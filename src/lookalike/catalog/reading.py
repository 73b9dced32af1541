"""What is asked of the catalog about images: known sources, rows, counts, prefixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from .records import ImageRow, KnownFailure, KnownImage, chunks
from .tables import failures, images, labels

__all__ = [
    "all_ids",
    "by_content",
    "count_formats",
    "count_labels",
    "find",
    "hashes_by_size",
    "highest_id",
    "image_rows",
    "known",
    "known_failures",
    "newest_ids",
    "rows_after",
    "under",
]

_KNOWN = (
    images.c.id,
    images.c.uri,
    images.c.url,
    images.c.page_url,
    images.c.size,
    images.c.mtime_ns,
    images.c.content_hash,
    images.c.metadata,
)
_ROW = (
    images.c.id,
    images.c.uri,
    images.c.url,
    images.c.page_url,
    images.c.size,
    images.c.mtime_ns,
    images.c.metadata,
    images.c.content_hash,
    images.c.perceptual_hash,
    images.c.width,
    images.c.height,
    images.c.format,
    images.c.added,
)
_FAILURE = (
    failures.c.uri,
    failures.c.kind,
    failures.c.reason,
    failures.c.size,
    failures.c.mtime_ns,
    failures.c.time,
)
_PAGE = 2000


def known(connection: sa.Connection, uris: Sequence[str]) -> dict[str, KnownImage]:
    """Return the stored images among these uris."""
    found = {}
    for chunk in chunks(uris):
        for row in connection.execute(sa.select(*_KNOWN).where(images.c.uri.in_(chunk))):
            found[row.uri] = KnownImage(*row)
    return found


def hashes_by_size(connection: sa.Connection, sizes: Sequence[int]) -> dict[int, list[bytes]]:
    """Return the content hashes of the stored images of each of these sizes in bytes."""
    found: dict[int, list[bytes]] = {}
    for chunk in chunks(dict.fromkeys(sizes)):
        query = sa.select(images.c.size, images.c.content_hash).where(images.c.size.in_(chunk))
        for size, content_hash in connection.execute(query.distinct()):
            found.setdefault(size, []).append(content_hash)
    return found


def by_content(connection: sa.Connection, hashes: Sequence[bytes]) -> dict[bytes, list[KnownImage]]:
    """Return the stored images that have one of these content hashes."""
    found: dict[bytes, list[KnownImage]] = {}
    for chunk in chunks(dict.fromkeys(hashes)):
        query = sa.select(*_KNOWN).where(images.c.content_hash.in_(chunk)).order_by(images.c.id)
        for row in connection.execute(query):
            found.setdefault(row.content_hash, []).append(KnownImage(*row))
    return found


def known_failures(
    connection: sa.Connection, uris: Sequence[str] | None
) -> dict[str, KnownFailure]:
    """Return the failures of these uris, or of all."""
    query = sa.select(*_FAILURE).order_by(failures.c.uri)
    if uris is None:
        return {row.uri: KnownFailure(*row) for row in connection.execute(query)}
    found = {}
    for chunk in chunks(uris):
        for row in connection.execute(query.where(failures.c.uri.in_(chunk))):
            found[row.uri] = KnownFailure(*row)
    return found


def image_rows(connection: sa.Connection, image_ids: Sequence[int]) -> dict[int, ImageRow]:
    """Return the rows of these images, without those that are gone."""
    found = {}
    for chunk in chunks(int(image_id) for image_id in image_ids):
        query = sa.select(*_ROW).where(images.c.id.in_(chunk))
        for row in _with_labels(connection, connection.execute(query).all()):
            found[row.image_id] = row
    return found


def rows_after(connection: sa.Connection, after_id: int, limit: int) -> list[ImageRow]:
    """Return up to ``limit`` images whose id is above ``after_id``, in the order of the ids."""
    query = sa.select(*_ROW).where(images.c.id > after_id).order_by(images.c.id).limit(limit)
    return _with_labels(connection, connection.execute(query).all())


def _with_labels(connection: sa.Connection, rows: Sequence[Any]) -> list[ImageRow]:
    names: dict[int, list[tuple[int, float]]] = {}
    for chunk in chunks(row.id for row in rows):
        query = (
            sa.select(labels.c.image_id, labels.c.label, labels.c.probability)
            .where(labels.c.image_id.in_(chunk))
            .order_by(labels.c.image_id, labels.c.rank)
        )
        for image_id, label, probability in connection.execute(query):
            names.setdefault(image_id, []).append((label, probability))
    return [ImageRow(*(*row, tuple(names.get(row.id, ())))) for row in rows]


def find(connection: sa.Connection, name: str) -> list[int]:
    """Return the ids of the images whose uri or url is ``name``."""
    by_uri = sa.select(images.c.id).where(images.c.uri == name)
    by_url = sa.select(images.c.id).where(images.c.url == name)
    return sorted(connection.scalars(sa.union(by_uri, by_url)))


def under(
    connection: sa.Connection, table: sa.Table, folder: str, after: str
) -> list[tuple[Any, str]]:
    """Return a page of (first column, uri) of the rows inside a folder, after one uri."""
    first = next(iter(table.primary_key.columns))
    query = sa.select(first, table.c.uri).where(table.c.uri > after).order_by(table.c.uri)
    if folder:
        inside = folder if folder.endswith("/") else folder + "/"
        query = query.where(table.c.uri >= inside, table.c.uri < inside[:-1] + "0")  # "0" is "/"+1
    return [(row[0], row[1]) for row in connection.execute(query.limit(_PAGE))]


def count_formats(connection: sa.Connection) -> dict[str, int]:
    """Return how many images there are of each format, the most frequent first."""
    number = sa.func.count().label("number")
    query = sa.select(images.c.format, number).group_by(images.c.format)
    query = query.order_by(number.desc(), images.c.format)
    return {row[0]: row[1] for row in connection.execute(query)}


def count_labels(connection: sa.Connection, limit: int) -> list[tuple[int, int]]:
    """Return (class index, images whose first label it is), the most frequent first."""
    number = sa.func.count().label("number")
    query = sa.select(labels.c.label, number).where(labels.c.rank == 0).group_by(labels.c.label)
    query = query.order_by(number.desc(), labels.c.label).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]


def all_ids(connection: sa.Connection) -> NDArray[np.int64]:
    """Return the ids of all images, ascending."""
    query = sa.select(images.c.id).order_by(images.c.id)
    return np.fromiter(connection.scalars(query), np.int64)


def highest_id(connection: sa.Connection) -> int:
    """Return the highest id of an image, or 0."""
    return connection.scalar(sa.select(sa.func.max(images.c.id))) or 0


def newest_ids(connection: sa.Connection, limit: int) -> list[int]:
    """Return the ids of the images added last, the newest first."""
    return list(
        connection.scalars(sa.select(images.c.id).order_by(images.c.id.desc()).limit(limit))
    )
