"""Is the catalog whole? What ``doctor`` asks."""

from __future__ import annotations

import sqlalchemy as sa

from .sqlite import problems
from .tables import deletions, generations, images, vectors

__all__ = ["check"]


def check(connection: sa.Connection) -> list[str]:
    """Return what is wrong, one sentence each."""
    found = problems(connection)
    if found:
        return found
    length = sa.func.length(vectors.c.data)
    wrong = sa.select(sa.func.count()).select_from(vectors.join(generations))
    wrong = wrong.where(length != 2 * generations.c.dimensions)
    sizes = connection.scalar(wrong)
    if sizes:
        found.append(f"{sizes} vectors have the wrong size.")
    active = sa.select(generations.c.id).where(generations.c.active)
    for (generation_id,) in connection.execute(active):
        seen = sa.select(vectors.c.image_id).where(vectors.c.generation_id == generation_id)
        bare = sa.select(sa.func.count()).select_from(images).where(images.c.id.not_in(seen))
        number = connection.scalar(bare)
        if number:
            found.append(f"{number} images have no vector of the active model.")
    hashes = sa.select(sa.func.count()).where(sa.func.length(images.c.content_hash) != 32)
    number = connection.scalar(hashes)
    if number:
        found.append(f"{number} images have no proper content hash.")
    living = sa.select(sa.func.count()).select_from(
        deletions.join(vectors, vectors.c.id == deletions.c.vector_id)
    )
    number = connection.scalar(living)
    if number:
        found.append(f"{number} vectors are logged as deleted and still there.")
    return found
