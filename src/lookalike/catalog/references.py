"""Which image a text refers to: by its uri, its URL, its page, its id or its metadata.

Of several images of one text the first added is meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from .records import chunks
from .tables import images

__all__ = ["first_by_metadata", "first_by_page", "first_by_uri", "first_by_url", "present_ids"]

_AT_ONCE = 5_000


def first_by_uri(connection: sa.Connection, uris: Iterable[str]) -> dict[str, int]:
    """Return the image of each of these uris that is stored."""
    return _by_column(connection, images.c.uri, uris)


def first_by_url(connection: sa.Connection, urls: Iterable[str]) -> dict[str, int]:
    """Return the first image of each of these URLs that is stored."""
    return _by_column(connection, images.c.url, urls)


def _by_column(
    connection: sa.Connection, column: sa.Column[str], texts: Iterable[str]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in chunks(texts, _AT_ONCE):
        query = sa.select(column, images.c.id).where(column.in_(chunk))
        for text, image_id in connection.execute(query):
            found[text] = min(image_id, found.get(text, image_id))
    return found


def first_by_page(connection: sa.Connection, page_urls: Collection[str]) -> dict[str, int]:
    """Return the first image of each of these pages. Reads all images that have a page."""
    if not page_urls:
        return {}
    found: dict[str, int] = {}
    query = sa.select(images.c.page_url, images.c.id).where(images.c.page_url.is_not(None))
    for page_url, image_id in connection.execute(query.order_by(images.c.id)):
        if page_url in page_urls:
            found.setdefault(page_url, image_id)
    return found


def first_by_metadata(
    connection: sa.Connection, field: str, texts: Collection[str]
) -> dict[str, int] | None:
    """Return the first image of each of these values of a field; None if no image has the field.

    Reads all images.
    """
    found: dict[str, int] = {}
    seen = False
    query = sa.select(images.c.metadata, images.c.id).order_by(images.c.id)
    for metadata, image_id in connection.execute(query):
        value = metadata.get(field)
        if value is None:
            continue
        seen = True
        if str(value) in texts:
            found.setdefault(str(value), image_id)
    return found if seen else None


def present_ids(connection: sa.Connection, image_ids: Iterable[int]) -> set[int]:
    """Return those of the ids that are an image's."""
    found: set[int] = set()
    for chunk in chunks(image_ids, _AT_ONCE):
        found.update(connection.scalars(sa.select(images.c.id).where(images.c.id.in_(chunk))))
    return found
