"""The rows of the catalog as values, going in and coming out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Changes",
    "Generation",
    "ImageRow",
    "KnownFailure",
    "KnownImage",
    "NewImage",
    "SourceFields",
    "StoredParts",
    "chunks",
]


@dataclass(frozen=True, slots=True)
class Generation:
    """One model, in one exact version, whose vectors a library holds.

    Vectors of different generations cannot be compared. ``sha256`` is the checksum of the
    model file, in hexadecimal.
    """

    id: int
    model: str
    space: str
    dimensions: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceFields:
    """Where an image comes from: the part of its row that can change while its pixels stay.

    ``size`` is in bytes, ``mtime_ns`` in nanoseconds since 1970; ``metadata`` holds what JSON
    can hold (NaN and infinities become null).
    """

    uri: str
    url: str
    page_url: str | None = None
    size: int | None = None
    mtime_ns: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image to store: its source, its fingerprints, its vector and its labels.

    ``content_hash`` has 32 bytes, ``perceptual_hash`` fits a signed 64-bit integer, ``width``
    and ``height`` are in pixels, ``vector`` is float32 of shape (dimensions,) with length 1,
    ``labels`` are pairs of class index and probability, the most probable first; ``colours``
    are the shares of ``COLOUR_NAMES``, where they are known, and ``parts`` the vectors of parts.
    """

    uri: str
    url: str
    page_url: str | None
    size: int | None
    mtime_ns: int | None
    metadata: Mapping[str, Any]
    content_hash: bytes
    perceptual_hash: int
    width: int
    height: int
    format: str
    vector: NDArray[np.float32]
    labels: Sequence[tuple[int, float]] = ()
    colours: NDArray[np.uint8] | None = None
    parts: StoredParts | None = None


@dataclass(frozen=True, slots=True)
class KnownImage:
    """What is needed of a stored image to tell whether its source has changed."""

    image_id: int
    uri: str
    url: str
    page_url: str | None
    size: int | None
    mtime_ns: int | None
    content_hash: bytes
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A source that could not be indexed; ``time`` is in seconds since 1970."""

    uri: str
    kind: str
    reason: str
    size: int | None
    mtime_ns: int | None
    time: float


@dataclass(frozen=True, slots=True)
class ImageRow:
    """A stored image with everything but its vectors; ``added`` is in seconds since 1970."""

    image_id: int
    uri: str
    url: str
    page_url: str | None
    size: int | None
    mtime_ns: int | None
    metadata: Mapping[str, Any]
    content_hash: bytes
    perceptual_hash: int
    width: int
    height: int
    format: str
    added: float
    labels: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the vectors of a generation, as of one moment.

    ``deleted`` holds vector ids (int64); ``vector_ids`` and ``image_ids`` (int64, n) and
    ``vectors`` (float16, n × dimensions) are in the order of their ids. ``sequence`` is the
    number of the last deletion seen, to ask on from.
    """

    sequence: int
    deleted: NDArray[np.int64]
    vector_ids: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    vectors: NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class StoredParts:
    """Parts of one picture: ``boxes`` int32 (n, 4), in pixels of the upright picture, left, top,
    width and height; ``codes`` int8 (n, d), whose directions are those of the vectors.
    """

    boxes: NDArray[np.int32]
    codes: NDArray[np.int8]


_CHUNK = 500  # bound values in one statement: every database takes so many


_Item = TypeVar("_Item")


def chunks(items: Iterable[_Item], size: int = _CHUNK) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
