"""The pictures behind the images of a library: their bytes, and small copies of them."""

from __future__ import annotations

from typing import cast

from lookalike.errors import ImageError, UsageError
from lookalike.images import Limits, decode, thumbnail_jpeg
from lookalike.query import PictureFile, QueryImage
from lookalike.sources import Fetcher, read_file, uri_to_path

from .examples import Given
from .finding import Address, find_image, is_id
from .session import Session

__all__ = ["as_query", "read_image", "thumbnail"]

_MOST_SIDE = 4096


def read_image(session: Session, address: Address) -> bytes:
    """Return the bytes of the file, or of what its URL gives.

    Raises:
        NotInLibraryError: the library holds no such image.
        SourceNotFoundError, FetchError: its file is gone, or its URL cannot be fetched.
    """
    image_id = find_image(session.catalog, address)
    row = session.catalog.images([image_id])[image_id]
    settings = session.settings
    limits = Limits.of(settings)
    path = uri_to_path(row.uri)
    if path is not None:
        return read_file(path, limits=limits)
    fetcher = Fetcher.of(settings)
    try:
        return fetcher.get(row.url).data
    finally:
        fetcher.close()


def thumbnail(session: Session, address: Address, *, side: int) -> bytes:
    """Return a small JPEG, upright, at most ``side`` pixels wide and high.

    Raises:
        UsageError: ``side`` is no whole number from 1 to 4096.
        NotInLibraryError, SourceError, ImageError: as :func:`read_image`, or it is damaged.
    """
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= _MOST_SIDE:
        raise UsageError(f"side is {side!r}; expected a whole number from 1 to {_MOST_SIDE}.")
    data = read_image(session, address)
    limits = Limits.of(session.settings)
    try:
        picture = decode(data, shortest_side=side, limits=limits)
    except ImageError as error:
        raise type(error)(f"{address}: {error}") from error
    return thumbnail_jpeg(picture.pixels, longest_side=side)


def as_query(session: Session, image: Given) -> QueryImage:
    """Return what a query reads: the file of the image that an id means, else what was given.

    Raises:
        NotInLibraryError, SourceError: as :func:`read_image`.
    """
    if not is_id(image):
        return cast("QueryImage", image)
    address = cast("int", image)
    uri = session.catalog.images([find_image(session.catalog, address)])[address].uri
    return PictureFile(uri, read_image(session, address))
