"""From the pictures that a person asks with, and sums of them, to vectors to search with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import Encoder
from lookalike.errors import ImageError, SourceError, UsageError
from lookalike.images.region import Region
from lookalike.settings import Settings

from .inputs import Known, PictureFile, QueryImage, QueryPicture, query_bytes, read_query
from .sums.asked import Part, Sum, direction

if TYPE_CHECKING:
    from lookalike.images import Picture

__all__ = ["EncodedPicture", "encode_parts", "encode_picture", "encode_queries", "held"]

Load = Callable[[], Encoder]


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPicture:
    """A picture from outside, and what a network says about it.

    ``content_hash`` is the SHA-256 of its file, or of the pixels where there is no file;
    ``vector`` is float32 (d,) of length 1, ``probabilities`` float32 (classes,) or None.
    """

    name: str
    content_hash: bytes
    picture: Picture
    vector: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None


def encode_picture(
    query: QueryImage,
    encoder: Encoder,
    settings: Settings,
    *,
    side: int = 0,
    name: str | None = None,
) -> EncodedPicture:
    """Read one picture, whatever a query may be, and encode it.

    ``side`` is how many pixels of its shortest side are wanted besides, if it has them. ``name``
    is what it is called in place of its own name, in errors too.

    Raises:
        SourceError, ImageError: it cannot be read; the sentence begins with its name.
        UsageError: it is of the wrong type.
    """
    side = max(side, encoder.card.decode_side)
    found = read_query(query, settings=settings, shortest_side=side, name=name)
    encoding = encoder.encode(encoder.prepare(found.picture.pixels)[None])
    return EncodedPicture(
        found.name,
        found.content_hash,
        found.picture,
        encoding.vectors[0],
        None if encoding.probabilities is None else encoding.probabilities[0],
    )


def encode_queries(
    queries: Sequence[QueryImage | Known | Sum],
    load: Load,
    settings: Settings,
    region: Region | None = None,
) -> tuple[list[str], NDArray[np.float32]]:
    """Return a name to show for each query, and unit vectors (n, d); n is 1 or more.

    Of a sum only the pictures count, of which it has at least one. ``region`` is the part of each
    picture to look at. ``load`` gives the encoder, where there is something to encode.

    Raises:
        SourceError, ImageError: a query cannot be read.
        UsageError: a query is of the wrong type or has no such region, or the pictures of a sum
            cancel out.
    """
    parts = [
        query.pictures if isinstance(query, Sum) else (Part(query, 1.0, words=False),)
        for query in queries
    ]
    every = [part for some in parts for part in some]
    names, vectors = encode_parts(every, load, settings, region)
    shown: list[str] = []
    rows: list[NDArray[np.float32]] = []
    start = 0
    for query, some in zip(queries, parts, strict=True):
        own = vectors[start : start + len(some)]
        if isinstance(query, Sum):
            shown.append(query.name)
            rows.append(direction(own, np.array([part.weight for part in some])))
        else:
            shown.append(names[start])
            rows.append(own[0])
        start += len(some)
    return shown, np.stack(rows)


def encode_parts(
    parts: Sequence[Part], load: Load, settings: Settings, region: Region | None = None
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the names of pictures and their unit vectors (n, d), whatever their weights.

    Raises:
        SourceError, ImageError: one cannot be read.
        UsageError: one is of the wrong type, or a region is asked of a vector.
    """
    names: list[str] = []
    vectors: list[NDArray[np.float32] | None] = []
    inputs: list[NDArray[np.uint8]] = []
    for part in parts:
        if isinstance(part.query, Known):
            if region is not None:
                raise UsageError(f"{part.query.name}: of a vector no region can be cut out.")
            names.append(part.query.name)
            vectors.append(np.asarray(part.query.vector, np.float32))
            continue
        found = _read(part, part.query, load().card.decode_side, settings, region)
        names.append(found.name)
        vectors.append(None)
        inputs.append(load().prepare(found.picture.pixels))
    encoded = iter(load().encode(np.stack(inputs)).vectors if inputs else ())
    return names, np.stack([next(encoded) if one is None else one for one in vectors])


def held(query: QueryImage | Known | Sum, settings: Settings) -> QueryImage | Known | Sum:
    """Return a query that can be asked twice: what is in an open file is read here.

    Raises:
        SourceError, ImageError: it cannot be read.
        UsageError: it is open as text.
    """
    if isinstance(query, Sum):
        parts = [replace(part, query=_held(part.query, settings)) for part in query.parts]
        return replace(query, parts=tuple(parts))
    return _held(query, settings)


def _held(query: QueryImage | Known, settings: Settings) -> QueryImage | Known:
    if isinstance(query, Known) or not hasattr(query, "read"):
        return query
    found = query_bytes(query, settings=settings)
    return query if found is None else PictureFile(*found)


def _read(
    part: Part, query: QueryImage, side: int, settings: Settings, region: Region | None
) -> QueryPicture:
    try:
        return read_query(query, settings=settings, shortest_side=side, region=region)
    except (SourceError, ImageError) as error:
        if not part.position:
            raise
        raise type(error)(
            f"{error} It was read as the term at character {part.position} of a sum; the name "
            "of a file with + or - between spaces in it stands in quotes there."
        ) from error
