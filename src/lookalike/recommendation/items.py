"""Which image a name in a table of events means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from lookalike.catalog import Catalog
from lookalike.catalog.tables import images
from lookalike.errors import SourceError, UsageError
from lookalike.sources import file_url_to_path, path_to_uri

__all__ = ["MATCH_IMAGE_ID", "images_named"]

MATCH_IMAGE_ID = "image_id"
_AT_ONCE = 5_000

_Item = TypeVar("_Item")


def images_named(
    catalog: Catalog, names: Sequence[str], *, folder: Path, match: str | None = None
) -> dict[str, int]:
    """Return the image id of each name that the library knows.

    ``match`` says what the names are: ``image_id``, or a column that the images' own table had
    (their metadata); without it a name is the image's uri, its URL, the URL of its page, or a
    path, seen from ``folder``. Of several images of one name the first added is meant.

    Raises:
        UsageError: no image has metadata of the name ``match``.
    """
    if match == MATCH_IMAGE_ID:
        return _by_id(catalog, names)
    if match is not None:
        return _by_metadata(catalog, set(names), match)
    found = _by_column(catalog, names, images.c.uri)
    missing = [name for name in names if name not in found]
    found |= _by_column(catalog, missing, images.c.url)
    missing = [name for name in missing if name not in found]
    paths = {name: uri for name in missing if (uri := _as_path(name, folder)) is not None}
    by_path = _by_column(catalog, list(dict.fromkeys(paths.values())), images.c.uri)
    found |= {name: by_path[uri] for name, uri in paths.items() if uri in by_path}
    missing = [name for name in missing if name not in found]
    return found | _by_page(catalog, set(missing))


def _by_column(catalog: Catalog, names: Iterable[str], column: sa.Column[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    with catalog.reading() as connection:
        for chunk in _chunks(names):
            query = sa.select(column, images.c.id).where(column.in_(chunk))
            for name, image_id in connection.execute(query).all():
                found[name] = min(image_id, found.get(name, image_id))
    return found


def _by_id(catalog: Catalog, names: Iterable[str]) -> dict[str, int]:
    numbers = {name: int(name) for name in names if name.isascii() and name.isdigit()}
    numbers = {name: number for name, number in numbers.items() if number < 2**63}
    known: set[int] = set()
    with catalog.reading() as connection:
        for chunk in _chunks(numbers.values()):
            known |= set(connection.scalars(sa.select(images.c.id).where(images.c.id.in_(chunk))))
    return {name: number for name, number in numbers.items() if number in known}


def _by_page(catalog: Catalog, names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    found: dict[str, int] = {}
    query = sa.select(images.c.page_url, images.c.id).where(images.c.page_url.is_not(None))
    with catalog.reading() as connection:
        for page_url, image_id in connection.execute(query.order_by(images.c.id)):
            if page_url in names:
                found.setdefault(page_url, image_id)
    return found


def _by_metadata(catalog: Catalog, names: set[str], field: str) -> dict[str, int]:
    found: dict[str, int] = {}
    seen = False
    query = sa.select(images.c.metadata, images.c.id).order_by(images.c.id)
    with catalog.reading() as connection:
        for metadata, image_id in connection.execute(query):
            value = metadata.get(field)
            if value is None:
                continue
            seen = True
            if str(value) in names:
                found.setdefault(str(value), image_id)
    if not seen:
        raise UsageError(f"No image of the library has a value named {field!r} from its table.")
    return found


def _as_path(name: str, folder: Path) -> str | None:
    try:
        path = file_url_to_path(name) if name.lower().startswith("file:") else Path(name)
        return path_to_uri(folder / path.expanduser())
    except (SourceError, ValueError, RuntimeError):  # NUL, or the home of an unknown user
        return None


def _chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _AT_ONCE)):
        yield chunk
