"""Read what a person may ask with: a path, a URL, bytes, a PIL image or an array."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lookalike.errors import ImageError, SourceError, SourceNotFoundError, UsageError
from lookalike.images import Limits, Picture, decode, pixels_from
from lookalike.images.region import Region, cut, side_for
from lookalike.settings import Settings
from lookalike.sources import Fetcher, file_url_to_path, read_file

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

__all__ = ["QueryImage", "query_bytes", "read_query"]

QueryImage: TypeAlias = "str | os.PathLike[str] | bytes | Image.Image | np.ndarray[Any, Any]"
"""A path, a URL (http, https or file), the bytes of a picture file, a PIL image, or an
array: uint8 or float in [0, 1], of shape (height, width), (height, width, 3) or
(height, width, 4)."""


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    data: bytes


def read_query(
    query: QueryImage,
    *,
    settings: Settings,
    shortest_side: int | None = None,
    region: Region | None = None,
) -> tuple[str, Picture]:
    """Return a name for the query, to show, and its picture.

    ``shortest_side`` allows a JPEG to be decoded at reduced scale, as in
    :func:`lookalike.images.decode`. Of a ``region`` that part of the upright picture comes back,
    with as many pixels of its own shortest side.

    Raises:
        SourceNotFoundError: there is no such file.
        FetchError: the URL cannot be fetched.
        ImageError: what is there is no picture.
        UsageError: the query is of no type that can be read, or has no such region.
    """
    limits = Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_bytes)
    if isinstance(query, (str, os.PathLike, bytes, bytearray, memoryview)):
        source = _read(query, settings, limits)
        try:
            picture = decode(source.data, shortest_side=shortest_side, limits=limits)
            if region is None:
                return source.name, picture
            box = region.box(picture.width, picture.height)
            if shortest_side is not None:
                side = side_for(box, picture.width, picture.height, shortest_side)
                if min(picture.pixels.shape[:2]) < min(side, picture.width, picture.height):
                    picture = decode(source.data, shortest_side=side, limits=limits)
            return source.name, cut(picture, box)
        except ImageError as error:
            raise type(error)(f"{source.name}: {error}") from error
    if hasattr(query, "__array__") or hasattr(query, "getexif"):
        picture = pixels_from(query)
        if region is not None:
            picture = cut(picture, region.box(picture.width, picture.height))
        return type(query).__name__, picture
    raise UsageError(
        f"A query is a path, a URL, bytes, a PIL image or an array, not {type(query).__name__}."
    )


def query_bytes(query: QueryImage, *, settings: Settings) -> tuple[str, bytes] | None:
    """Return a name for the query and the bytes of its file; None for pixels, which have none.

    Raises:
        SourceNotFoundError: there is no such file.
        FetchError: the URL cannot be fetched.
    """
    if not isinstance(query, (str, os.PathLike, bytes, bytearray, memoryview)):
        return None
    limits = Limits(max_pixels=settings.max_pixels, max_bytes=settings.max_bytes)
    source = _read(query, settings, limits)
    return source.name, source.data


def _read(
    query: str | os.PathLike[str] | bytes | bytearray | memoryview,
    settings: Settings,
    limits: Limits,
) -> _Source:
    if isinstance(query, (bytes, bytearray, memoryview)):
        return _Source("the query", bytes(query))
    text = os.fspath(query)
    if text.lower().startswith(("http://", "https://")):
        fetcher = Fetcher(
            timeout=settings.fetch_timeout,
            max_bytes=settings.max_bytes,
            allow_private_addresses=settings.allow_private_addresses,
        )
        try:
            return _Source(text, fetcher.get(text).data)
        finally:
            fetcher.close()
    path = file_url_to_path(text) if text.lower().startswith("file:") else Path(text)
    path = path.expanduser()
    if not text:
        raise UsageError("The query is an empty text; expected a path or a URL.")
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceNotFoundError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{text[:100]!r} cannot be read: {error}.") from error
    if path.is_dir():
        raise UsageError(f"{path} is a folder; a query is one picture.")
    return _Source(str(path), read_file(path, limits=limits))
