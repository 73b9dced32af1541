"""The user's own names: which images and pictures are examples of what.

An example is an image of the library, or a picture outside of it. Of the latter a small copy is
kept, so that it can be given a vector of another model when the file is long gone. An example in
the library lives as long as its image: programs that know nothing of these tables may remove the
image, so every reading joins with the images, and what is left over is cleared at the next
change. No column refers to another table by a foreign key for the same reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from .records import chunks
from .tables import images, name_examples, name_pictures, name_vectors, vectors

__all__ = [
    "Example",
    "OutsidePicture",
    "add_examples",
    "clear_leftovers",
    "examples",
    "examples_stamp",
    "image_ids_of_name",
    "images_named",
    "missing_pictures",
    "picture_ids",
    "remove_examples",
    "remove_origin",
    "store_picture",
    "store_vectors",
    "vector_blobs",
]

_examples, _pictures, _vectors = name_examples, name_pictures, name_vectors


@dataclass(frozen=True, slots=True)
class Example:
    """One image or outside picture that shows what a name means.

    Exactly one of ``image_id`` and ``picture_id`` is set; ``origin`` is empty for an example
    given by hand, ``added`` in seconds since 1970.
    """

    name: str
    image_id: int | None
    picture_id: int | None
    uri: str
    origin: str
    added: float


@dataclass(frozen=True, slots=True)
class OutsidePicture:
    """A picture that is in no library: its SHA-256, where it was, and a small JPEG of it."""

    content_hash: bytes
    uri: str
    data: bytes


def examples(connection: sa.Connection, name: str | None = None) -> list[Example]:
    """Return the examples of a name, or all, by name and in the order they were given."""
    table = _examples
    query = (
        sa.select(
            table.c.name,
            table.c.image_id,
            table.c.picture_id,
            sa.func.coalesce(images.c.uri, _pictures.c.uri),
            table.c.origin,
            table.c.added,
        )
        .outerjoin(images, images.c.id == table.c.image_id)
        .outerjoin(_pictures, _pictures.c.id == table.c.picture_id)
        .where(sa.or_(images.c.id.is_not(None), _pictures.c.id.is_not(None)))
        .order_by(table.c.name, table.c.id)
    )
    if name is not None:
        query = query.where(table.c.name == name)
    return [Example(*row) for row in connection.execute(query)]


def examples_stamp(connection: sa.Connection, generation_id: int) -> list[tuple[str, int, int]]:
    """Return what recognition depends on: (name, vector id or 0, picture id or 0), in order.

    Two equal stamps of one generation mean equal examples: ids of vectors are never given out
    twice.
    """
    table = _examples
    query = (
        sa.select(
            table.c.name,
            sa.func.coalesce(vectors.c.id, 0),
            sa.func.coalesce(table.c.picture_id, 0),
        )
        .outerjoin(
            vectors,
            sa.and_(
                vectors.c.image_id == table.c.image_id,
                vectors.c.generation_id == generation_id,
            ),
        )
        .where(sa.or_(vectors.c.id.is_not(None), table.c.picture_id.is_not(None)))
        .order_by(table.c.name, table.c.id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def vector_blobs(
    connection: sa.Connection,
    generation_id: int,
    *,
    vector_ids: Iterable[int],
    picture_ids: Iterable[int],
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Return stored vectors (float16, little-endian) of images and of outside pictures."""
    inside: dict[int, bytes] = {}
    outside: dict[int, bytes] = {}
    for chunk in chunks(sorted(set(vector_ids))):
        query = sa.select(vectors.c.id, vectors.c.data).where(vectors.c.id.in_(chunk))
        inside.update((row[0], row[1]) for row in connection.execute(query))
    wanted = sorted(set(picture_ids))
    for chunk in chunks(wanted):
        query = sa.select(_vectors.c.picture_id, _vectors.c.data).where(
            _vectors.c.generation_id == generation_id, _vectors.c.picture_id.in_(chunk)
        )
        outside.update((row[0], row[1]) for row in connection.execute(query))
    return inside, outside


def missing_pictures(connection: sa.Connection, picture_ids: Iterable[int]) -> dict[int, bytes]:
    """Return the small copies of these outside pictures, to give them a vector."""
    found: dict[int, bytes] = {}
    for chunk in chunks(sorted(set(picture_ids))):
        query = sa.select(_pictures.c.id, _pictures.c.data).where(_pictures.c.id.in_(chunk))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def picture_ids(connection: sa.Connection, content_hashes: Iterable[bytes]) -> dict[bytes, int]:
    """Return the outside pictures of these contents that are kept."""
    found: dict[bytes, int] = {}
    for chunk in chunks(dict.fromkeys(content_hashes)):
        query = sa.select(_pictures.c.content_hash, _pictures.c.id).where(
            _pictures.c.content_hash.in_(chunk)
        )
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def store_picture(connection: sa.Connection, picture: OutsidePicture) -> int:
    """Keep an outside picture once, under where it was last seen; return its id."""
    present = picture_ids(connection, [picture.content_hash]).get(picture.content_hash)
    if present is not None:
        connection.execute(
            sa.update(_pictures).where(_pictures.c.id == present).values(uri=picture.uri)
        )
        return present
    values = {
        "content_hash": picture.content_hash,
        "uri": picture.uri,
        "data": picture.data,
    }
    (key,) = connection.execute(sa.insert(_pictures).values(values)).inserted_primary_key or (0,)
    return int(key)


def store_vectors(
    connection: sa.Connection, generation_id: int, found: Sequence[tuple[int, bytes]]
) -> None:
    """Write (picture id, vector as float16 bytes) where a picture has none of the generation."""
    if not found:
        return
    _, present = vector_blobs(
        connection, generation_id, vector_ids=(), picture_ids=[key for key, _ in found]
    )
    rows = [
        {"picture_id": key, "generation_id": generation_id, "data": data}
        for key, data in dict(found).items()
        if key not in present
    ]
    if rows:
        connection.execute(sa.insert(_vectors), rows)


def add_examples(
    connection: sa.Connection,
    name: str,
    *,
    image_ids: Sequence[int] = (),
    pictures: Sequence[int] = (),
    origin: str = "",
) -> int:
    """Make images and outside pictures examples of a name; return how many were not yet."""
    added = 0
    for column, keys in ((_examples.c.image_id, image_ids), (_examples.c.picture_id, pictures)):
        for chunk in chunks(dict.fromkeys(keys)):
            known = sa.select(column).where(_examples.c.name == name, column.in_(chunk))
            present = set(connection.scalars(known))
            rows = [
                {"name": name, column.name: key, "origin": origin, "added": time.time()}
                for key in chunk
                if key not in present
            ]
            if rows:
                connection.execute(sa.insert(_examples), rows)
            added += len(rows)
    return added


def remove_examples(
    connection: sa.Connection,
    name: str,
    *,
    image_ids: Sequence[int] | None = None,
    pictures: Sequence[int] | None = None,
) -> int:
    """Take examples from a name, or all where both lists are None; return how many there were."""
    removed = 0
    own = _examples.c.name == name
    if image_ids is None and pictures is None:
        removed = len(examples(connection, name))
        connection.execute(sa.delete(_examples).where(own))
    for column, keys in ((_examples.c.image_id, image_ids), (_examples.c.picture_id, pictures)):
        for chunk in chunks(keys or ()):
            deleted = connection.execute(sa.delete(_examples).where(own, column.in_(chunk)))
            removed += deleted.rowcount
    clear_leftovers(connection)
    return removed


def remove_origin(connection: sa.Connection, origin: str) -> int:
    """Remove every example that was learned from one folder or column; return how many."""
    return connection.execute(sa.delete(_examples).where(_examples.c.origin == origin)).rowcount


def clear_leftovers(connection: sa.Connection) -> None:
    """Remove the examples of images that are gone, and outside pictures that nothing needs."""
    gone = ~sa.exists().where(images.c.id == _examples.c.image_id)
    connection.execute(sa.delete(_examples).where(_examples.c.image_id.is_not(None), gone))
    unused = ~sa.exists().where(_examples.c.picture_id == _pictures.c.id)
    connection.execute(sa.delete(_pictures).where(unused))
    orphaned = ~sa.exists().where(_pictures.c.id == _vectors.c.picture_id)
    connection.execute(sa.delete(_vectors).where(orphaned))


def images_named(name: str) -> sa.Select[tuple[int]]:
    """Return the query of the image ids that are examples of a name, to be part of a larger one."""
    return (
        sa.select(images.c.id)
        .join(_examples, _examples.c.image_id == images.c.id)
        .where(_examples.c.name == name)
    )


def image_ids_of_name(connection: sa.Connection, name: str) -> list[int]:
    """Return the ids of the images of the library that are examples of a name, ascending."""
    return sorted(connection.scalars(images_named(name)))
