"""Vectors of parts of pictures, in 8 bits, by their content.

Rows belong to contents and a generation, as those of colours do: a copy or a renamed file needs no
new one, and a changed file cannot have an old one. A row goes with the last image of its content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.errors import LibraryBrokenError

from .records import Generation, StoredParts, chunks
from .tables import images, picture_parts

__all__ = [
    "PartBlock",
    "contents_of",
    "contents_with_parts",
    "drop_parts",
    "drop_unused_parts",
    "has_parts",
    "part_blocks",
    "quantised",
    "store_parts",
]

_table = picture_parts


@dataclass(frozen=True, slots=True, eq=False)
class PartBlock:
    """Parts of some images: ``image_ids`` int64 (m,), one for each part, ascending."""

    image_ids: NDArray[np.int64]
    boxes: NDArray[np.int32]
    codes: NDArray[np.int8]


def quantised(vectors: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return vectors (n, d) as 8-bit numbers, the greatest of each being 127."""
    greatest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    codes: NDArray[np.int8] = np.rint(vectors * (127.0 / greatest)).astype(np.int8)
    return codes


def store_parts(
    connection: sa.Connection, generation: Generation, parts: Mapping[bytes, StoredParts]
) -> None:
    """Keep the parts of contents, by their hashes, in place of those they had."""
    if not parts:
        return
    for chunk in chunks(parts):
        connection.execute(
            sa.delete(_table).where(
                _table.c.generation_id == generation.id, _table.c.content_hash.in_(chunk)
            )
        )
    connection.execute(
        sa.insert(_table),
        [
            {
                "generation_id": generation.id,
                "content_hash": content_hash,
                "boxes": own.boxes.astype("<i4").tobytes(),
                "codes": own.codes.tobytes(),
            }
            for content_hash, own in parts.items()
        ],
    )


def contents_of(
    connection: sa.Connection, *, image_ids: Iterable[int], uris: Iterable[str]
) -> set[bytes]:
    """Return the contents of images that are about to go or to change, if any has parts."""
    if connection.scalar(sa.select(_table.c.generation_id).limit(1)) is None:
        return set()
    found: set[bytes] = set()
    for chunk in chunks(image_ids):
        query = sa.select(images.c.content_hash).where(images.c.id.in_(chunk))
        found.update(connection.scalars(query))
    for some in chunks(uris):
        query = sa.select(images.c.content_hash).where(images.c.uri.in_(some))
        found.update(connection.scalars(query))
    return found


def drop_unused_parts(connection: sa.Connection, contents: Iterable[bytes]) -> None:
    """Remove the parts of those of the contents that no image has any more."""
    for chunk in chunks(contents):
        connection.execute(
            sa.delete(_table).where(
                _table.c.content_hash.in_(chunk),
                ~sa.exists().where(images.c.content_hash == _table.c.content_hash),
            )
        )


def drop_parts(connection: sa.Connection, generation: Generation, limit: int) -> int:
    """Remove the parts of up to ``limit`` contents of a generation; return how many."""
    own = _table.c.generation_id == generation.id
    some = list(connection.scalars(sa.select(_table.c.content_hash).where(own).limit(limit)))
    for chunk in chunks(some):
        connection.execute(sa.delete(_table).where(own, _table.c.content_hash.in_(chunk)))
    return len(some)


def contents_with_parts(
    connection: sa.Connection, generation: Generation, contents: Iterable[bytes]
) -> set[bytes]:
    """Return those of the contents whose parts are kept, of however few there are."""
    found: set[bytes] = set()
    for chunk in chunks(contents):
        query = sa.select(_table.c.content_hash).where(
            _table.c.generation_id == generation.id, _table.c.content_hash.in_(chunk)
        )
        found.update(connection.scalars(query))
    return found


def has_parts(connection: sa.Connection, generation: Generation) -> bool:
    """Tell whether any content has parts of a generation, however few they are."""
    own = sa.select(_table.c.content_hash).where(_table.c.generation_id == generation.id)
    return connection.scalar(own.limit(1)) is not None


def part_blocks(
    connection: sa.Connection,
    generation: Generation,
    *,
    allowed: NDArray[np.int64] | None = None,
    images_at_once: int = 256,
) -> Iterator[PartBlock]:
    """Yield the parts of all images that have some, in the order of their ids.

    ``allowed`` are the ids of the images wanted, ascending; None for all.

    Raises:
        LibraryBrokenError: a stored part has not the dimensions of the generation.
    """
    query = (
        sa.select(images.c.id, _table.c.boxes, _table.c.codes)
        .join(
            _table,
            sa.and_(
                _table.c.content_hash == images.c.content_hash,
                _table.c.generation_id == generation.id,
            ),
        )
        .order_by(images.c.id)
    )
    if allowed is not None:
        for chunk in chunks(allowed.tolist(), images_at_once):
            rows = connection.execute(query.where(images.c.id.in_(chunk))).all()
            yield from _blocks(rows, generation.dimensions)
        return
    after = 0
    while True:
        rows = connection.execute(query.where(images.c.id > after).limit(images_at_once)).all()
        if not rows:
            return
        yield from _blocks(rows, generation.dimensions)
        after = rows[-1][0]


def _blocks(rows: Sequence[Any], dimensions: int) -> Iterator[PartBlock]:
    counts = np.array([len(row[1]) // 16 for row in rows], np.int64)
    boxes = np.frombuffer(b"".join(row[1] for row in rows), "<i4")
    codes = np.frombuffer(b"".join(row[2] for row in rows), np.int8)
    total = int(counts.sum())
    if boxes.size != 4 * total or codes.size != dimensions * total:
        raise LibraryBrokenError(
            f"The stored parts of a picture have not {dimensions} dimensions. Index the pictures "
            "again with --parts --refresh."
        )
    if total:
        ids = np.array([row[0] for row in rows], np.int64)
        yield PartBlock(
            np.repeat(ids, counts), boxes.reshape(total, 4), codes.reshape(total, dimensions)
        )
