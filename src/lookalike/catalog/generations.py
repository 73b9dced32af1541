"""Generations: which models' vectors a library holds, and which one is searched."""

from __future__ import annotations

import sqlalchemy as sa

from .records import Generation
from .tables import generations

__all__ = ["active", "create_missing", "every"]

_COLUMNS = sa.select(
    generations.c.id,
    generations.c.model,
    generations.c.space,
    generations.c.dimensions,
    generations.c.sha256,
).order_by(generations.c.id)


def every(connection: sa.Connection) -> list[Generation]:
    """Return all generations, the oldest first."""
    return [Generation(*row) for row in connection.execute(_COLUMNS)]


def active(connection: sa.Connection, space: str) -> Generation | None:
    """Return the generation that is searched in a space, if there is any."""
    query = _COLUMNS.where(generations.c.space == space, generations.c.active)
    row = connection.execute(query).first()
    return None if row is None else Generation(*row)


def create_missing(
    connection: sa.Connection, model: str, *, space: str, dimensions: int, sha256: str
) -> None:
    """Write a generation unless it is there; the first of its space becomes the active one."""
    for found in every(connection):
        if (found.model, found.space, found.sha256) == (model, space, sha256):
            return
    connection.execute(
        sa.insert(generations).values(
            model=model,
            space=space,
            dimensions=dimensions,
            sha256=sha256,
            active=active(connection, space) is None,
        )
    )
