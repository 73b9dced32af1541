"""The pictures of a library in the space of words: derived from its vectors, kept in a file.

The file is a cache: what it lacks is computed when words are searched, what was deleted since is
left out, and a lost or foreign one is made anew. A row takes the dimensions and 20 bytes: a
million pictures in 128 dimensions take 148 MB, which are mapped, not read.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation, vector_rows

__all__ = ["WordMatrix"]

_PAGE = 4096
_ROWS_AT_ONCE = 65_536
_LEAST_TAIL = 256

Pictures = Callable[[NDArray[np.float16]], NDArray[np.float32]]


class WordMatrix:
    """A vector in the space of words for each picture of one generation, always up to date.

    Args:
        catalog: the library's catalog.
        generation: whose vectors are mapped.
        folder: where the file is kept; it need not be writable.
        pictures: maps stored vectors (n, d) to the space of words, (n, t), of norm 1.
        dimensions: t.
        key: names the map; a file that was made with another one is not used.
    """

    def __init__(
        self,
        catalog: Catalog,
        generation: Generation,
        folder: Path,
        *,
        pictures: Pictures,
        dimensions: int,
        key: str,
    ) -> None:
        self._catalog, self._generation = catalog, generation
        self._folder, self._pictures = folder, pictures
        self._dtype = np.dtype(
            [("vector", "<i8"), ("image", "<i8"), ("scale", "<f4"), ("code", "i1", (dimensions,))]
        )
        self._prefix = f"{catalog.identity[:16]}-{generation.id}-{key[:16]}-"
        self._lock = threading.Lock()
        self._parts: list[NDArray[Any]] | None = None
        self._sequence = 0
        self._last = 0
        self._deleted: set[int] = set()
        self._unsaved = 0

    def scores(self, queries: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the image ids (n,) in ascending order and the cosines (queries, n) of all."""
        with self._lock:
            self._follow()
            parts, deleted = list(self._parts or ()), set(self._deleted)
        ids = [part["image"] for part in parts]
        found = [_cosines(part, queries) for part in parts]
        if not parts:
            return np.zeros(0, np.int64), np.zeros((len(queries), 0), np.float32)
        image_ids = np.concatenate(ids).astype(np.int64)
        scores = np.concatenate(found, axis=1)
        if deleted:
            vectors = np.concatenate([part["vector"] for part in parts])
            kept = ~np.isin(vectors, np.fromiter(deleted, np.int64))
            image_ids, scores = image_ids[kept], scores[:, kept]
        order = np.argsort(image_ids, kind="stable")
        return image_ids[order], scores[:, order]

    def _follow(self) -> None:
        """Take in what has changed in the catalog since the last look."""
        if self._parts is None:
            self._parts = self._load()
        while True:
            changes = self._catalog.changes_after(
                self._generation.id, self._last, self._sequence, limit=_PAGE
            )
            self._sequence = changes.sequence
            self._deleted.update(changes.deleted.tolist())
            if not len(changes.vector_ids):
                break
            self._parts.append(self._coded(changes.vector_ids, changes.image_ids, changes.vectors))
            self._last = int(changes.vector_ids[-1])
            self._unsaved += len(changes.vector_ids)
        rows = sum(len(part) for part in self._parts)
        if self._unsaved + len(self._deleted) > max(_LEAST_TAIL, rows // 10):
            self._save()

    def _coded(
        self,
        vector_ids: NDArray[np.int64],
        image_ids: NDArray[np.int64],
        vectors: NDArray[np.float16],
    ) -> NDArray[Any]:
        mapped = self._pictures(vectors)
        scales = np.maximum(np.abs(mapped).max(axis=1), 1e-9) / 127.0
        rows = np.zeros(len(vector_ids), self._dtype)
        rows["vector"], rows["image"], rows["scale"] = vector_ids, image_ids, scales
        rows["code"] = np.rint(mapped / scales[:, None])
        return rows

    def _load(self) -> list[NDArray[Any]]:
        """Map the newest file there is, and begin from nothing where there is none."""
        best: tuple[int, Path] | None = None
        for path in self._folder.glob(f"{self._prefix}*.rows"):
            number = path.stem.rsplit("-", 1)[-1]
            if number.isdigit() and (best is None or int(number) >= best[0]):
                best = int(number), path
        if best is None:
            return []
        try:
            size = best[1].stat().st_size
            rows = np.asarray(np.memmap(best[1], dtype=self._dtype, mode="r"))
        except (OSError, ValueError):  # gone meanwhile, empty or cut short
            return []
        ids = rows["vector"]
        if size % self._dtype.itemsize or bool((np.diff(ids) <= 0).any()):
            return []
        if not self._belongs(rows[-1], best[0]):
            return []
        self._sequence, self._last = best[0], int(ids[-1])
        return [rows]

    def _belongs(self, last: Any, sequence: int) -> bool:
        """Return whether the catalog has, or has deleted, what the last row was made of.

        A catalog restored from an older copy gives the same ids to other pictures.
        """
        wanted = np.array([last["vector"]], np.int64)
        _, _, vectors = self._catalog.present_vectors(self._generation.id, wanted)
        if len(vectors):
            again = self._pictures(vectors)[0]
            stored = last["code"].astype(np.float32) * last["scale"]
            return float(np.abs(again - stored).max()) <= float(last["scale"])
        with self._catalog.reading() as connection:
            _, deleted = vector_rows.deletions_after(connection, self._generation.id, sequence)
        return bool(np.isin(wanted, deleted).all())

    def _save(self) -> None:
        """Write everything into one file, where the folder may be written."""
        rows = np.concatenate(self._parts or [])
        if self._deleted:
            rows = rows[~np.isin(rows["vector"], np.fromiter(self._deleted, np.int64))]
        self._parts, self._deleted, self._unsaved = [rows], set(), 0
        if not len(rows):
            return
        try:
            self._folder.mkdir(exist_ok=True)
            handle, draft = tempfile.mkstemp(prefix=".draft-", dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as stream:
                    rows.tofile(stream)
                place = self._folder / f"{self._prefix}{self._sequence}.rows"
                Path(draft).replace(place)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
            for path in self._folder.glob("*.rows"):
                if path != place and path.name.startswith(self._catalog.identity[:16]):
                    path.unlink(missing_ok=True)
        except OSError:
            return  # a cache that cannot be written is computed each time


def _cosines(rows: NDArray[Any], queries: NDArray[np.float32]) -> NDArray[np.float32]:
    found = np.empty((len(queries), len(rows)), np.float32)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        found[:, start : start + len(part)] = (queries @ part["code"].astype(np.float32).T) * part[
            "scale"
        ]
    return found
