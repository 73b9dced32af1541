"""From what a person points at to examples: images of the library, and pictures outside of it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.catalog import Catalog, Generation
from lookalike.catalog import examples as named
from lookalike.catalog.examples import Example, OutsidePicture
from lookalike.errors import EmptySourceError, LookalikeError, SourceNotFoundError, UsageError
from lookalike.images import Limits, content_hash, decode, pixels_from, thumbnail_jpeg
from lookalike.query import QueryImage, query_bytes
from lookalike.results import Failure
from lookalike.sources import find_items, path_to_uri

from .finding import find_targets

if TYPE_CHECKING:
    import sqlalchemy as sa

    from lookalike.encoders import Encoder
    from lookalike.settings import Settings

__all__ = ["Gathered", "gather", "matching", "of_column", "of_folder"]

_COPY_SIDE = 384
_MOST_NAMES = 5000
_PAGE = 1000


@dataclass(slots=True)
class Gathered:
    """Examples that were found: ids of images, and outside pictures with their vectors."""

    image_ids: list[int] = field(default_factory=list)
    pictures: list[tuple[OutsidePicture, bytes]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.image_ids or self.pictures)

    def store(self, connection: sa.Connection, generation: Generation) -> list[int]:
        """Keep the outside pictures with their vectors; return their ids."""
        rows = [
            (named.store_picture(connection, picture), vector) for picture, vector in self.pictures
        ]
        named.store_vectors(connection, generation.id, rows)
        return [key for key, _ in rows]


def gather(
    catalog: Catalog,
    encoder: Encoder | None,
    settings: Settings,
    images: Sequence[QueryImage | int],
    *,
    failures: list[Failure] | None = None,
) -> Gathered:
    """Look the images up in the library, and read and encode those that are not in it.

    A number is the id of an image. With ``failures`` what cannot be read goes there; without
    it, it is an error.
    """
    found = Gathered()
    for image in images:
        if isinstance(image, int):
            found.image_ids.append(image)
            continue
        ids = _in_library(catalog, image)
        if ids:
            found.image_ids += ids
            continue
        try:
            assert encoder is not None
            found.pictures.append(_read(image, encoder, settings))
        except LookalikeError as error:
            if failures is None:
                raise
            kind = type(error).__name__
            failures.append(Failure(_uri(image), kind, str(error), time.time()))
    return found


def of_column(catalog: Catalog, column: str) -> tuple[dict[str, list[int]], int]:
    """Return the image ids of each value of a metadata column, and how many images have none.

    Raises:
        EmptySourceError: no image has a text or a number there; the columns are named.
        UsageError: there are too many different values.
    """
    by_name: dict[str, list[int]] = {}
    columns: set[str] = set()
    skipped = after = 0
    while rows := catalog.iterate(after, limit=_PAGE):
        after = rows[-1].image_id
        for row in rows:
            columns.update(row.metadata)
            value = row.metadata.get(column)
            usable = isinstance(value, (str, int, float)) and not isinstance(value, bool)
            if usable and str(value).strip():
                by_name.setdefault(str(value).strip(), []).append(row.image_id)
            else:
                skipped += 1
    if not by_name:
        known = ", ".join(sorted(columns)) or "no column at all"
        raise EmptySourceError(f"No image has a value in the column {column!r}; there is {known}.")
    if len(by_name) > _MOST_NAMES:
        raise UsageError(
            f"The column {column!r} has {len(by_name):,} different values; "
            f"{_MOST_NAMES:,} names at most can be told apart."
        )
    return by_name, skipped


def of_folder(folder: str | os.PathLike[str]) -> tuple[str, dict[str, list[str]]]:
    """Return where a folder's examples come from, and the pictures of each folder in it.

    Raises:
        SourceNotFoundError: there is no such folder.
        EmptySourceError: no folder in it holds a picture.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise SourceNotFoundError(f"There is no folder {folder}.")
    found: dict[str, list[str]] = {}
    for child in sorted(path.iterdir()):
        if child.is_dir() and not child.name.startswith("."):
            pictures = [item.uri for item in find_items([child])]
            if pictures:
                found.setdefault(child.name.strip(), []).extend(pictures)
    if not found:
        raise EmptySourceError(
            f"No folder in {folder} holds pictures; expected one folder for each name."
        )
    return f"folder {path_to_uri(path)}", found


def matching(
    catalog: Catalog, examples: Sequence[Example], image: QueryImage, settings: Settings
) -> list[Example]:
    """Return those of the examples that a picture stands for: by its name, else by its content."""
    ids = set(_in_library(catalog, image))
    uri = _uri(image)
    found = [one for one in examples if one.image_id in ids or (uri and one.uri == uri)]
    if found or (isinstance(image, (str, os.PathLike)) and not os.path.lexists(image)):
        return found
    key = _content(image, settings)[0]
    with catalog.reading() as connection:
        picture = named.picture_ids(connection, [key]).get(key)
    return [one for one in examples if picture is not None and one.picture_id == picture]


def _in_library(catalog: Catalog, image: QueryImage) -> list[int]:
    if not isinstance(image, (str, os.PathLike)):
        return []
    text = os.fspath(image)
    if Path(text).expanduser().is_dir():
        raise UsageError(f"{text} is a folder. To learn a folder: lookalike label learn {text}")
    return list(find_targets(catalog, text).image_ids)


def _uri(image: QueryImage | int) -> str:
    if not isinstance(image, (str, os.PathLike)):
        return ""
    text = os.fspath(image)
    remote = text.lower().startswith(("http://", "https://", "file:"))
    return text if remote else path_to_uri(Path(text).expanduser())


def _content(image: QueryImage, settings: Settings) -> tuple[bytes, bytes | None]:
    """Return the SHA-256 of a picture's file, or of its pixels, and the bytes of the file."""
    source = query_bytes(image, settings=settings)
    if source is not None:
        return content_hash(source[1]), source[1]
    return content_hash(pixels_from(image).pixels.tobytes()), None


def _read(image: QueryImage, encoder: Encoder, settings: Settings) -> tuple[OutsidePicture, bytes]:
    key, data = _content(image, settings)
    if data is None:
        pixels = pixels_from(image).pixels
    else:
        limits = Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_bytes)
        try:
            pixels = decode(data, shortest_side=_COPY_SIDE, limits=limits).pixels
        except LookalikeError as error:
            raise type(error)(f"{_uri(image) or 'The picture'}: {error}") from error
    vector = encoder.encode(encoder.prepare(pixels)[None]).vectors[0]
    copy = thumbnail_jpeg(pixels, longest_side=_COPY_SIDE)
    return OutsidePicture(key, _uri(image), copy), vector.astype("<f2").tobytes()
