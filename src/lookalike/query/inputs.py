"""Read what a person may ask with: a path, a URL, bytes, an open file, a PIL image, an array."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from lookalike.errors import ImageError, SourceError, SourceNotFoundError, UsageError
from lookalike.images import Limits, Picture, content_hash, decode, pixels_from
from lookalike.images.region import Region, cut, side_for
from lookalike.settings import Settings
from lookalike.sources import Fetcher, file_url_to_path, read_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["Known", "PictureFile", "QueryImage", "QueryPicture", "query_bytes", "read_query"]

QueryImage: TypeAlias = (
    "str | os.PathLike[str] | bytes | BinaryIO | PictureFile | Image.Image | np.ndarray[Any, Any]"
)
"""A path, a URL (http, https or file), the bytes of a picture file, a file that is open in binary
mode and is read from where it stands, a PIL image, or an array: uint8 or float in [0, 1], of shape
(height, width), (height, width, 3) or (height, width, 4)."""

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A picture whose vector is known, float32 (d,) of length 1: an image of the library."""

    name: str
    vector: NDArray[np.floating]
    image_id: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class QueryPicture:
    """A picture as it was read, a name for it to show, and the SHA-256 of its file or pixels."""

    name: str
    content_hash: bytes
    picture: Picture


@dataclass(frozen=True, slots=True)
class PictureFile:
    """The bytes of a picture file that was read already, and its name."""

    name: str
    data: bytes


def read_query(
    query: QueryImage,
    *,
    settings: Settings,
    shortest_side: int | None = None,
    region: Region | None = None,
    name: str | None = None,
) -> QueryPicture:
    """Return the picture of a query, under its own name or the one given.

    ``shortest_side`` allows a JPEG to be decoded at reduced scale, as in
    :func:`lookalike.images.decode`. Of a ``region`` that part of the upright picture comes back,
    with as many pixels of its own shortest side.

    Raises:
        SourceNotFoundError: there is no such file.
        FetchError: the URL cannot be fetched.
        ImageError: what is there is no picture.
        UsageError: the query is of no type that can be read, or has no such region.
    """
    found = query_bytes(query, settings=settings)
    if found is None:
        picture = pixels_from(query)
        key = content_hash(picture.pixels.tobytes())
        if region is not None:
            picture = cut(picture, region.box(picture.width, picture.height))
        return QueryPicture(name or type(query).__name__, key, picture)
    own, data = found
    limits = Limits.of(settings)
    try:
        picture = decode(data, shortest_side=shortest_side, limits=limits)
        if region is not None:
            box = region.box(picture.width, picture.height)
            if shortest_side is not None:
                side = side_for(box, picture.width, picture.height, shortest_side)
                if min(picture.pixels.shape[:2]) < min(side, picture.width, picture.height):
                    picture = decode(data, shortest_side=side, limits=limits)
            picture = cut(picture, box)
    except ImageError as error:
        raise type(error)(f"{name or own}: {error}") from error
    return QueryPicture(name or own, content_hash(data), picture)


def query_bytes(query: QueryImage, *, settings: Settings) -> tuple[str, bytes] | None:
    """Return a name for the query and the bytes of its file; None for pixels, which have none.

    An open file is read from where it stands, and stays open.

    Raises:
        SourceNotFoundError: there is no such file.
        FetchError: the URL cannot be fetched.
        SourceError: an open file cannot be read.
        ImageTooLargeError: there are more bytes than the settings allow.
        UsageError: the query is of no type that can be read.
    """
    if isinstance(query, (bytes, bytearray, memoryview)):
        return "the query", bytes(query)
    if isinstance(query, PictureFile):
        return query.name, query.data
    if isinstance(query, (str, os.PathLike)):
        source = _read(query, settings)
        return source.name, source.data
    if hasattr(query, "__array__") or hasattr(query, "getexif"):
        return None
    if hasattr(query, "read"):
        return _stream_name(query), _read_stream(query, Limits.of(settings))
    raise UsageError(
        "A query is a path, a URL, bytes, an open file, a PIL image or an array, not "
        f"{type(query).__name__}."
    )


def _stream_name(stream: object) -> str:
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) and name else "the query"


def _read_stream(stream: BinaryIO, limits: Limits) -> bytes:
    name = _stream_name(stream)
    if isinstance(stream, io.TextIOBase):
        raise UsageError(f"{name} is open as text; open it in binary mode, with 'rb'.")
    found = bytearray()
    try:
        while piece := stream.read(min(_PIECE, limits.max_bytes + 1 - len(found))):
            if not isinstance(piece, bytes):
                raise UsageError(f"{name} is open as text; open it in binary mode, with 'rb'.")
            found += piece
            limits.check_bytes(len(found))
    except ImageError as error:
        raise type(error)(f"{name}: {error}") from error
    except (OSError, ValueError) as error:  # UsageError too is a ValueError
        if isinstance(error, UsageError):
            raise
        raise SourceError(f"{name} cannot be read: {str(error).rstrip('.')}.") from error
    return bytes(found)


def _read(query: str | os.PathLike[str], settings: Settings) -> PictureFile:
    text = os.fspath(query)
    if text.lower().startswith(("http://", "https://")):
        fetcher = Fetcher.of(settings)
        try:
            return PictureFile(text, fetcher.get(text).data)
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
    return PictureFile(str(path), read_file(path, limits=Limits.of(settings)))
