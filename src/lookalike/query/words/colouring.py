"""Learn the colours of pictures that were indexed before colours were kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog
from lookalike.catalog.picture_colours import store_colours, without_colours
from lookalike.errors import ImageError, LibraryError, SourceError
from lookalike.images import Limits, colour_shares, content_hash, decode
from lookalike.settings import Settings
from lookalike.sources import read_file, uri_to_path

__all__ = ["fill_colours"]

_SIDE = 112


def fill_colours(catalog: Catalog, image_ids: Sequence[int], *, settings: Settings) -> int:
    """Read the colours of those of the images whose colours are not known; return how many.

    Pictures at URLs, and those that are gone, changed or cannot be read, are left out. Nothing
    is kept where the catalog may not be written.
    """
    with catalog.reading() as connection:
        lacking = without_colours(connection, image_ids)
    limits = Limits.of(settings)
    found: dict[bytes, NDArray[np.uint8]] = {}
    for _, uri, digest in lacking:
        path = uri_to_path(uri)
        if path is None or digest in found:
            continue
        try:
            data = read_file(path, limits=limits)
            if content_hash(data) != digest:
                continue
            picture = decode(data, shortest_side=_SIDE, limits=limits)
        except (ImageError, SourceError):
            continue
        found[digest] = colour_shares(picture.pixels)
    if found:
        try:
            with catalog.writing() as connection:
                store_colours(connection, found)
        except LibraryError:
            return 0
    return len(found)
