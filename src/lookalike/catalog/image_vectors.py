"""The vectors of images, asked for by the images' ids; and copies, by their bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.errors import LibraryBrokenError

from .records import Generation, chunks
from .sqlite import vector_rows_of_images
from .tables import images, vectors

__all__ = ["copies_of", "vectors_of_images"]


def vectors_of_images(
    connection: sa.Connection, generation: Generation, image_ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """Return image ids in ascending order, (n,), and their vectors, float16 (n, d).

    Images that are gone, or have no vector of the generation, are left out.
    """
    wanted = np.unique(image_ids).tolist()
    rows: list[Any] = []
    if connection.dialect.name == "sqlite":
        rows += vector_rows_of_images(connection, generation.id, wanted)
    else:
        for chunk in chunks(wanted, 2000):
            query = sa.select(vectors.c.image_id, vectors.c.data).where(
                vectors.c.image_id.in_(chunk), vectors.c.generation_id == generation.id
            )
            rows += connection.execute(query).all()
    rows.sort(key=lambda row: int(row[0]))
    flat = np.frombuffer(b"".join(row[1] for row in rows), "<f2")
    if flat.size != len(rows) * generation.dimensions:
        raise LibraryBrokenError(
            f"A stored vector has not {generation.dimensions} dimensions. Restore the catalog from "
            "a copy, or remove the library folder and index the pictures again."
        )
    found = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    return found, flat.astype(np.float16, copy=False).reshape(len(rows), generation.dimensions)


def copies_of(
    connection: sa.Connection, image_ids: Iterable[int] = (), hashes: Iterable[bytes] = ()
) -> NDArray[np.int64]:
    """Return the ids of the images of the same bytes as these images, or of these hashes.

    The images themselves are among them. Ascending, of shape (n,).
    """
    found: set[int] = set()
    for chunk in chunks(int(image_id) for image_id in image_ids):
        wanted = sa.select(images.c.content_hash).where(images.c.id.in_(chunk))
        query = sa.select(images.c.id).where(images.c.content_hash.in_(wanted))
        found.update(connection.scalars(query))
    for some in chunks(hashes):
        query = sa.select(images.c.id).where(images.c.content_hash.in_(some))
        found.update(connection.scalars(query))
    return np.array(sorted(found), np.int64)
