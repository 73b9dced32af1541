"""From what a person points at to examples: images of the library, and pictures outside of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Connection, Generation
from lookalike.catalog import examples as stored
from lookalike.catalog.examples import Example, OutsidePicture
from lookalike.catalog.image_vectors import copies_of, vectors_of_images
from lookalike.errors import (
    EmptySourceError,
    LookalikeError,
    NotInLibraryError,
    SourceNotFoundError,
    UsageError,
)
from lookalike.images import thumbnail_jpeg
from lookalike.query import EncodedPicture, QueryImage, encode_picture, read_query
from lookalike.results import Failure, Progress
from lookalike.sources import find_items, path_to_uri

from .finding import Address, find, find_image, is_address
from .session import Session, View

__all__ = [
    "Gathered",
    "Given",
    "Pictured",
    "gather",
    "matching",
    "of_column",
    "of_folder",
    "read_given",
]

_COPY_SIDE = 384
_MOST_NAMES = 5000
_PAGE = 1000

Given: TypeAlias = "int | QueryImage"
"""The id of an image, or whatever a query may be."""


@dataclass(slots=True)
class Gathered:
    """Examples that were found: ids of images, and outside pictures with their vectors."""

    image_ids: list[int] = field(default_factory=list)
    pictures: list[tuple[OutsidePicture, bytes]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.image_ids or self.pictures)

    def store(self, connection: Connection, generation: Generation) -> list[int]:
        """Keep the outside pictures with their vectors; return their ids."""
        rows = [
            (stored.store_picture(connection, picture), vector) for picture, vector in self.pictures
        ]
        stored.store_vectors(connection, generation.id, rows)
        return [key for key, _ in rows]


@dataclass(frozen=True, slots=True)
class Pictured:
    """Pictures given as examples, as vectors, float32 (n, d), with names to show.

    ``same`` are the images of the library that are one of them, or a copy byte for byte.
    """

    vectors: NDArray[np.float32]
    names: tuple[str, ...]
    same: NDArray[np.int64]


def gather(
    session: Session,
    images: Sequence[Given],
    *,
    failures: list[Failure] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Gathered:
    """Look the images up in the library, and read and encode those that are not in it.

    With ``failures`` what cannot be read goes there; without it, it is an error.
    """
    found = Gathered()
    for done, image in enumerate(images):
        if progress is not None:
            progress(Progress(done, len(images), stage="labels"))
        ids = _in_library(session.catalog, image)
        if ids:
            found.image_ids += ids
            continue
        try:
            outside = _read(image, session, side=_COPY_SIDE)
        except LookalikeError as error:
            if failures is None:
                raise
            kind = type(error).__name__
            failures.append(Failure(_uri(image), kind, str(error), time.time()))
            continue
        copy = thumbnail_jpeg(outside.picture.pixels, longest_side=_COPY_SIDE)
        picture = OutsidePicture(outside.content_hash, _uri(image), copy)
        found.pictures.append((picture, outside.vector.astype("<f2").tobytes()))
    return found


def read_given(given: Sequence[Given], session: Session, view: View) -> Pictured:
    """Look up or read each picture.

    A path or URL of the library means its image there, whether or not the file still exists.

    Raises:
        NotInLibraryError: there is no image of that id.
        SourceNotFoundError: a path is neither an image of the library nor a file.
        SourceError, ImageError: a picture from outside cannot be read.
        UsageError: one is of no type that can be read, or a folder.
    """
    vectors: list[NDArray[np.float32]] = []
    names: list[str] = []
    hashes: list[bytes] = []
    image_ids: list[int] = []
    for one in given:
        image_id = _single(session.catalog, one)
        if image_id is None:
            outside = _read(one, session)
            hashes.append(outside.content_hash)
            name, vector = outside.name, outside.vector
        else:
            image_ids.append(image_id)
            name, vector = stored_vector(session.catalog, view.generation, image_id)
        names.append(name)
        vectors.append(vector)
    with session.catalog.reading() as connection:
        same = copies_of(connection, image_ids, hashes)
    shape = (len(vectors), view.generation.dimensions)
    return Pictured(np.reshape(vectors, shape).astype(np.float32), tuple(names), same)


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


def matching(session: Session, examples: Sequence[Example], image: Given) -> list[Example]:
    """Return those of the examples that a picture stands for: by its name, else by its content."""
    ids = set(_in_library(session.catalog, image))
    uri = _uri(image)
    found = [one for one in examples if one.image_id in ids or (uri and one.uri == uri)]
    if found or isinstance(image, int):
        return found
    if isinstance(image, (str, os.PathLike)) and not os.path.lexists(image):
        return found
    key = read_query(image, settings=session.settings).content_hash
    with session.catalog.reading() as connection:
        picture = stored.picture_ids(connection, [key]).get(key)
    return [one for one in examples if picture is not None and one.picture_id == picture]


def stored_vector(
    catalog: Catalog, generation: Generation, image_id: int
) -> tuple[str, NDArray[np.float32]]:
    """Return the uri of an image and its vector, float32 (d,).

    Raises:
        NotInLibraryError: there is no such image any more.
    """
    row = catalog.images([image_id]).get(image_id)
    with catalog.reading() as connection:
        _, vectors = vectors_of_images(connection, generation, np.array([image_id]))
    if row is None or not len(vectors):  # removed between two look-ups
        raise NotInLibraryError(f"The library holds no image with the id {image_id}.")
    return row.uri, vectors[0].astype(np.float32)


def _in_library(catalog: Catalog, image: Given) -> list[int]:
    """Return the images of the library that a person points at; none for other pictures."""
    if not is_address(image):
        return []
    if not isinstance(image, (str, os.PathLike)):
        return [find_image(catalog, cast("int", image))]
    if Path(os.fspath(image)).expanduser().is_dir():
        raise UsageError(f"{image} is a folder. To learn a folder: lookalike label learn {image}")
    found = find(catalog, image)
    return list(found.image_ids) if found.exact else []


def _single(catalog: Catalog, given: Given) -> int | None:
    if not is_address(given):
        return None
    try:
        return find_image(catalog, cast("Address", given))
    except NotInLibraryError:
        if isinstance(given, (str, os.PathLike)):
            return None
        raise


def _uri(image: Given) -> str:
    if not isinstance(image, (str, os.PathLike)):
        return ""
    text = os.fspath(image)
    remote = text.lower().startswith(("http://", "https://", "file:"))
    return text if remote else path_to_uri(Path(text).expanduser())


def _read(image: Given, session: Session, *, side: int = 0) -> EncodedPicture:
    """Read a picture from outside of the library and encode it."""
    try:
        return encode_picture(
            cast("QueryImage", image),
            session.now().searcher.encoder,
            session.settings,
            side=side,
        )
    except SourceNotFoundError as error:
        raise SourceNotFoundError(
            f"{image!s} is neither an image of the library nor a file."
        ) from error
