"""Images given as examples: those of the library by id, path or URL, others by their pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog.image_vectors import copies_of, vectors_of_images
from lookalike.errors import NotInLibraryError, SourceNotFoundError
from lookalike.query import QueryImage, encode_picture
from lookalike.settings import Settings

from .finding import single_image

if TYPE_CHECKING:
    from .session import Parts

__all__ = ["Example", "Examples", "read_examples"]

Example: TypeAlias = "int | QueryImage"
"""An image id, or whatever a query may be."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples as vectors, float32 (n, d), with names to show.

    ``same`` are the images of the library that are one of them, or a copy byte for byte.
    """

    vectors: NDArray[np.float32]
    names: tuple[str, ...]
    same: NDArray[np.int64]


def read_examples(
    examples: Sequence[Example], catalog: Catalog, parts: Parts, settings: Settings
) -> Examples:
    """Look up or read each example.

    A path or URL of the library means its image there, whether or not the file still exists.

    Raises:
        NotInLibraryError: there is no image of that id, or neither an image nor a file.
        SourceError, ImageError: a picture from outside cannot be read.
        UsageError: an example is of no type that can be read.
    """
    vectors: list[NDArray[np.float32]] = []
    names: list[str] = []
    hashes: list[bytes] = []
    image_ids: list[int] = []
    for example in examples:
        image_id = _known(example, catalog)
        if image_id is None:
            name, vector, digest = _read(cast("QueryImage", example), parts, settings)
            hashes.append(digest)
        else:
            image_ids.append(image_id)
            name, vector = _stored(catalog, parts.generation, image_id)
        names.append(name)
        vectors.append(vector)
    with catalog.reading() as connection:
        same = copies_of(connection, image_ids, hashes)
    shape = (len(vectors), parts.generation.dimensions)
    return Examples(np.reshape(vectors, shape).astype(np.float32), tuple(names), same)


def _known(example: Example, catalog: Catalog) -> int | None:
    if isinstance(example, int | np.integer):
        return single_image(catalog, int(example))
    if not isinstance(example, str | os.PathLike):
        return None
    try:
        return single_image(catalog, example)
    except NotInLibraryError:
        return None


def _stored(
    catalog: Catalog, generation: Generation, image_id: int
) -> tuple[str, NDArray[np.float32]]:
    row = catalog.images([image_id]).get(image_id)
    with catalog.reading() as connection:
        _, vectors = vectors_of_images(connection, generation, np.array([image_id]))
    if row is None or not len(vectors):  # removed between two look-ups
        raise NotInLibraryError(f"The library holds no image with the id {image_id}.")
    return row.uri, vectors[0].astype(np.float32)


def _read(
    example: QueryImage, parts: Parts, settings: Settings
) -> tuple[str, NDArray[np.float32], bytes]:
    try:
        found = encode_picture(example, parts.searcher.encoder, settings)
    except SourceNotFoundError as error:
        raise SourceNotFoundError(
            f"{example!s} is neither an image of the library nor a file."
        ) from error
    return found.name, found.vector, found.content_hash
