"""The vectors of the catalog: pages for an index to follow, and single ones to re-score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.errors import LibraryBrokenError

from .records import Changes, Generation, chunks
from .sqlite import vector_rows_of
from .tables import deletions, vectors

__all__ = [
    "changes_after",
    "count",
    "deletions_after",
    "last_change",
    "last_id",
    "last_sequence",
    "present",
    "vectors_after",
]


_ROWS_AT_ONCE = 4096


def _matrix(blobs: Sequence[bytes], dimensions: int) -> NDArray[np.float16]:
    """Return stored vectors as one float16 matrix of shape (n, dimensions)."""
    flat = np.frombuffer(b"".join(blobs), dtype="<f2")
    if flat.size != len(blobs) * dimensions:
        raise LibraryBrokenError(
            f"A stored vector has not {dimensions} dimensions. Restore the catalog from a copy, or "
            "remove the library folder and index the pictures again."
        )
    return flat.astype(np.float16, copy=False).reshape(len(blobs), dimensions)


def vectors_after(
    connection: sa.Connection, generation: Generation, vector_id: int, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float16]]:
    """Return up to ``limit`` vectors with ids above ``vector_id``, in the order of the ids."""
    query = (
        sa.select(vectors.c.id, vectors.c.image_id, vectors.c.data)
        .where(vectors.c.id > vector_id, vectors.c.generation_id == generation.id)
        .order_by(vectors.c.id)
        .limit(limit)
    )
    return _columns(connection.execute(query).all(), generation.dimensions)


def _columns(
    rows: Sequence[Any], dimensions: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float16]]:
    return (
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.int64),
        _matrix([row[2] for row in rows], dimensions),
    )


def present(
    engine: sa.Engine, generation: Generation, vector_ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float16]]:
    """Return those vectors that exist: ids in ascending order, image ids, vectors."""
    rows: list[Any] = []
    for chunk in chunks(np.unique(vector_ids).tolist(), _ROWS_AT_ONCE):
        rows += vector_rows_of(engine, generation.id, chunk)
    return _columns(rows, generation.dimensions)


def last_id(connection: sa.Connection, generation_id: int) -> int:
    """Return the highest vector id of a generation, or 0."""
    query: Any = (
        sa.select(vectors.c.id)
        .where(vectors.c.generation_id == generation_id)
        .order_by(vectors.c.id.desc())
        .limit(1)
    )
    return int(connection.scalar(query) or 0)


def last_sequence(connection: sa.Connection, generation_id: int) -> int:
    """Return the number of the last deletion of a generation, or 0."""
    query = (
        sa.select(deletions.c.sequence)
        .where(deletions.c.generation_id == generation_id)
        .order_by(deletions.c.sequence.desc())
        .limit(1)
    )
    return int(connection.scalar(query) or 0)


def last_change(connection: sa.Connection, generation_id: int) -> tuple[int, int]:
    """Return the highest vector id of a generation and the number of its last deletion."""
    return last_id(connection, generation_id), last_sequence(connection, generation_id)


def count(connection: sa.Connection, generation_id: int) -> int:
    """Return the number of vectors of a generation."""
    query = sa.select(sa.func.count()).where(vectors.c.generation_id == generation_id)
    return connection.scalar(query) or 0


def deletions_after(
    connection: sa.Connection, generation_id: int, sequence: int
) -> tuple[int, NDArray[np.int64]]:
    """Return the number of the last deletion and the vector ids deleted after ``sequence``."""
    query = (
        sa.select(deletions.c.sequence, deletions.c.vector_id)
        .where(deletions.c.sequence > sequence, deletions.c.generation_id == generation_id)
        .order_by(deletions.c.sequence)
    )
    rows = connection.execute(query).all()
    last = rows[-1][0] if rows else sequence
    return last, np.array([row[1] for row in rows], dtype=np.int64)


def changes_after(
    connection: sa.Connection, generation: Generation, vector_id: int, sequence: int, limit: int
) -> Changes:
    """Return deletions and new vectors as of one moment: the caller holds a transaction."""
    last, deleted = deletions_after(connection, generation.id, sequence)
    return Changes(last, deleted, *vectors_after(connection, generation, vector_id, limit))
