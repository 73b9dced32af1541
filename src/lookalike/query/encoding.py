"""From the pictures that a person asks with, and sums of them, to vectors to search with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import Encoder
from lookalike.errors import ImageError, SourceError
from lookalike.images.region import Region
from lookalike.settings import Settings

from .inputs import QueryImage, read_query
from .sums.asked import Part, Sum, direction

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = ["encode_parts", "encode_queries"]


def encode_queries(
    queries: Sequence[QueryImage | Sum],
    encoder: Encoder,
    settings: Settings,
    region: Region | None = None,
) -> tuple[list[str], NDArray[np.float32]]:
    """Return a name to show for each query, and unit vectors (n, d); n is 1 or more.

    Of a sum only the pictures count, of which it has at least one. ``region`` is the part of each
    picture to look at.

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
    names, vectors = encode_parts(every, encoder, settings, region)
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
    parts: Sequence[Part], encoder: Encoder, settings: Settings, region: Region | None = None
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the names of pictures and their unit vectors (n, d), whatever their weights.

    Raises:
        SourceError, ImageError: one cannot be read.
        UsageError: one is of the wrong type.
    """
    names: list[str] = []
    inputs: list[Pixels] = []
    for part in parts:
        try:
            name, picture = read_query(
                part.query,
                settings=settings,
                shortest_side=encoder.card.decode_side,
                region=region,
            )
        except (SourceError, ImageError) as error:
            if not part.position:
                raise
            raise type(error)(
                f"{error} It was read as the term at character {part.position} of a sum; the name "
                "of a file with + or - between spaces in it stands in quotes there."
            ) from error
        names.append(name)
        inputs.append(encoder.prepare(picture.pixels))
    return names, encoder.encode(np.stack(inputs)).vectors
