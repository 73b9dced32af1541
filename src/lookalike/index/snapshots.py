"""What the kinds of snapshot have in common: how they are written, opened and asked."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import LibraryBrokenError

from .manifest import FileEntry, Manifest, describe_file
from .scan import Block, Ranked

__all__ = ["Draft", "OutdatedError", "Searched", "Snapshot", "checksum", "mapped", "open_ids"]

_IDS = "ids"


class Searched(Protocol):
    """Vectors that can be searched."""

    def nearest(self, queries: NDArray[np.float32], k: int) -> list[Ranked]:
        """Return the ``k`` best vectors for each query, scored with the full vectors.

        Raises:
            OutdatedError: the catalog has lost vectors since: look at it again.
        """


class Snapshot(Searched, Protocol):
    """An opened snapshot. Safe in several threads; the files stay readable when removed."""

    @property
    def vector_ids(self) -> NDArray[np.int64]:
        """Ids of the vectors in ascending order, (n,)."""

    @property
    def dead(self) -> int:
        """How many of them are left out."""

    def nearby(self, queries: NDArray[np.float32], k: int) -> list[NDArray[np.int64]]:
        """Return ids of about the ``k`` nearest images for each query, in no order.

        They are as near as the snapshot knows without reading full vectors.
        """

    def without(self, deleted: NDArray[np.int64]) -> Snapshot:
        """Return the snapshot without the vectors of these ids, of which it may have any."""

    def only(self, allowed: NDArray[np.int64]) -> Searched:
        """Return the vectors of some images only, whose ids ascend."""


class OutdatedError(Exception):
    """The catalog no longer holds what a snapshot was about to use. Never leaves this part."""


@dataclass(slots=True)
class Draft:
    """A snapshot in the making: its files and what the manifest will say of the vectors."""

    folder: Path
    prefix: str
    files: dict[str, Path] = field(default_factory=dict)
    last_crc32: int = 0
    _vector_ids: list[NDArray[np.int64]] = field(default_factory=list)
    _image_ids: list[NDArray[np.int64]] = field(default_factory=list)

    def file(self, name: str) -> Path:
        """Return the path of a new file of the snapshot."""
        self.files[name] = self.folder / f"{self.prefix}.{name}"
        return self.files[name]

    def begin_with(
        self, vector_ids: NDArray[np.int64], image_ids: NDArray[np.int64], last_crc32: int
    ) -> None:
        """Take over the rows of an older snapshot."""
        self._vector_ids.append(vector_ids)
        self._image_ids.append(image_ids)
        self.last_crc32 = last_crc32

    def watched(self, blocks: Iterator[Block], progress: Callable[[int], None]) -> Iterator[Block]:
        """Pass the blocks on and keep the ids of all rows for the manifest and ``ids``."""
        done = 0
        for block in blocks:
            self._vector_ids.append(block.vector_ids)
            self._image_ids.append(block.image_ids)
            self.last_crc32 = checksum(block.vectors[-1])
            yield block
            done += len(block)
            progress(done)

    def finish(self) -> dict[str, FileEntry]:
        """Write the ids, flush everything and return the entries for the manifest."""
        ids = np.zeros((2, self.count), dtype="<i8")
        if self.count:
            np.concatenate(self._vector_ids, out=ids[0])
            np.concatenate(self._image_ids, out=ids[1])
        self.file(_IDS).write_bytes(ids.tobytes())
        return {name: describe_file(path) for name, path in self.files.items()}

    @property
    def count(self) -> int:
        """Number of vectors so far."""
        return sum(len(ids) for ids in self._vector_ids)

    def discard(self) -> None:
        """Remove the files."""
        for path in self.files.values():
            path.unlink(missing_ok=True)


def checksum(vector: NDArray[np.float16]) -> int:
    """Return the CRC-32 of one stored vector."""
    return zlib.crc32(np.ascontiguousarray(vector, dtype="<f2").tobytes())


def open_ids(folder: Path, manifest: Manifest) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return vector ids and image ids of the rows, from a mapped file."""
    ids = mapped(folder, manifest, _IDS, np.dtype("<i8"), (2, manifest.count))
    vector_ids: NDArray[np.int64] = ids[0]
    if manifest.count and (
        int(vector_ids[-1]) > manifest.max_vector_id or bool((np.diff(vector_ids) <= 0).any())
    ):
        raise LibraryBrokenError(f"{manifest.files[_IDS].name} is damaged: its ids do not ascend.")
    return vector_ids, ids[1]


def mapped(
    folder: Path,
    manifest: Manifest,
    name: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
) -> NDArray[Any]:
    """Map a file of a snapshot into memory, read-only.

    Raises:
        LibraryBrokenError: the manifest does not name it or its size does not fit.
    """
    entry = manifest.entry(name)
    if entry.size != int(np.prod(shape)) * dtype.itemsize:
        raise LibraryBrokenError(f"{entry.name} has the wrong size.")
    if not entry.size:
        return np.zeros(shape, dtype)
    return np.asarray(np.memmap(folder / entry.name, dtype=dtype, mode="r", shape=shape))
