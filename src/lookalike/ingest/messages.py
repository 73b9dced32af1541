"""What the pipeline and its worker processes say to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lookalike.catalog.records import StoredParts
from lookalike.images import Limits

__all__ = [
    "Done",
    "Encoded",
    "Failed",
    "Job",
    "Outcome",
    "Ready",
    "Same",
    "WorkerOptions",
]


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker decodes and encodes."""

    model: str
    limits: Limits
    label_count: int = 5
    parts: bool = False
    memory_limit: int = 4 * 2**30
    """Bytes of data segment one worker may take; a picture that needs more is refused."""


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to read, decode and encode.

    ``path`` is read by the worker unless ``data`` already holds the bytes. When the content
    hash is among ``known`` nothing is decoded and the answer is ``Same``.
    """

    number: int
    uri: str
    path: str | None
    data: bytes | None = None
    known: tuple[bytes, ...] = ()
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture that was decoded and encoded; ``vector`` is float16 of shape (dimensions,).

    ``colours`` are the shares of ``COLOUR_NAMES``, uint8; ``parts`` the vectors of parts, where
    they were asked for.
    """

    number: int
    size: int
    content_hash: bytes
    perceptual_hash: int
    width: int
    height: int
    format: str
    vector: np.ndarray
    labels: tuple[tuple[int, float], ...]
    colours: np.ndarray | None = None
    parts: StoredParts | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """A picture whose content the library holds already."""

    number: int
    size: int
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """A picture that could not be read; ``kind`` is the error's class name."""

    number: int
    kind: str
    reason: str


Outcome = Encoded | Same | Failed


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has loaded its model."""


@dataclass(frozen=True, slots=True)
class Done:
    """The worker has finished a batch."""

    outcomes: tuple[Outcome, ...]
