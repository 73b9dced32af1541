"""A second generation: filled beside the one that is searched, then put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from .picture_parts import drop_parts
from .records import Generation, chunks
from .tables import deletions, generations, images, labels, vectors
from .writing import encode_vector

__all__ = ["drop_some", "fill", "lacking", "switch"]


def lacking(
    connection: sa.Connection, generation: Generation, after_id: int, limit: int
) -> list[tuple[int, str, bytes]]:
    """Return (image id, uri, content hash) of images without a vector, in the order of ids."""
    query = (
        sa.select(images.c.id, images.c.uri, images.c.content_hash)
        .where(images.c.id > after_id, ~_has_vector(generation))
        .order_by(images.c.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def fill(
    connection: sa.Connection,
    generation: Generation,
    found: Sequence[tuple[int, bytes, Any]],
) -> int:
    """Write vectors of stored images; return how many.

    Images that are gone by now, have other content or have a vector already are left out.
    """
    wanted: dict[int, bytes] = {}
    for chunk in chunks(image_id for image_id, _, _ in found):
        query = sa.select(images.c.id, images.c.content_hash).where(
            images.c.id.in_(chunk), ~_has_vector(generation)
        )
        wanted.update((row[0], row[1]) for row in connection.execute(query))
    rows = [
        {
            "image_id": image_id,
            "generation_id": generation.id,
            "data": encode_vector(vector, generation),
        }
        for image_id, content_hash, vector in found
        if wanted.get(image_id) == content_hash
    ]
    if rows:
        connection.execute(sa.insert(vectors), rows)
    return len(rows)


def switch(connection: sa.Connection, generation: Generation, *, keep_labels: bool) -> bool:
    """Make a generation the one that is searched, unless an image lacks its vector.

    Labels name classes of the model before; without ``keep_labels`` they go.
    """
    if connection.scalar(sa.select(images.c.id).where(~_has_vector(generation)).limit(1)):
        return False
    in_space = generations.c.space == generation.space
    connection.execute(sa.update(generations).where(in_space).values(active=False))
    connection.execute(
        sa.update(generations).where(generations.c.id == generation.id).values(active=True)
    )
    if not keep_labels:
        connection.execute(sa.delete(labels))
    return True


def drop_some(connection: sa.Connection, generation: Generation, limit: int) -> int:
    """Remove up to ``limit`` vectors of a generation that is not searched, and then the parts.

    Returns how many rows were removed.
    """
    active = sa.select(generations.c.active).where(generations.c.id == generation.id)
    if connection.scalar(active):
        return 0
    query = sa.select(vectors.c.id).where(vectors.c.generation_id == generation.id)
    ids = list(connection.scalars(query.order_by(vectors.c.id).limit(limit)))
    for chunk in chunks(ids):
        connection.execute(sa.delete(vectors).where(vectors.c.id.in_(chunk)))
        connection.execute(
            sa.insert(deletions),
            [{"generation_id": generation.id, "vector_id": vector_id} for vector_id in chunk],
        )
    return len(ids) or drop_parts(connection, generation, limit)


def _has_vector(generation: Generation) -> sa.Exists:
    return sa.exists().where(
        vectors.c.image_id == images.c.id, vectors.c.generation_id == generation.id
    )
