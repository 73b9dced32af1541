"""How images look, as a recommender asks for it: vectors of some, and what is near to vectors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog.image_vectors import vectors_of_images
from lookalike.index import LibraryIndex

__all__ = ["Content", "LibraryContent", "MatrixContent", "Remembered"]


class Content(Protocol):
    """Vectors of length 1 of items, and their nearest neighbours."""

    def vectors(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of the items that have a vector, ascending (n,), and the vectors (n, d)."""

    def nearest(
        self, queries: NDArray[np.float32], k: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Return up to ``k`` items and their cosines for each query, the most alike first."""

    def nearby(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return about the ``k`` items nearest to each query, all together, ascending."""


class LibraryContent:
    """The vectors and the index of a library; items are image ids."""

    def __init__(self, catalog: Catalog, index: LibraryIndex, generation: Generation) -> None:
        self._catalog, self._index, self._generation = catalog, index, generation

    def vectors(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of the images that are there, and their vectors."""
        with self._catalog.reading() as connection:
            found, vectors = vectors_of_images(connection, self._generation, items)
        return found, vectors.astype(np.float32)

    def nearest(
        self, queries: NDArray[np.float32], k: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Search the index, one query after the other: one alone is scanned on one core."""
        found = [self._index.search(query[None], k)[0] for query in queries]
        return [(one.image_ids, one.scores) for one in found]

    def nearby(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return what the index proposes, asked as in ``nearest``; no cosines are computed."""
        more = k + k // 4  # codes are not exact: of a million, this holds 96 % of the k nearest
        found = [one for query in queries for one in self._index.nearby(query[None], more)]
        return np.unique(np.concatenate(found))


class Remembered:
    """Another content that is asked for each vector once: for one list, then thrown away."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._items: NDArray[np.int64] = np.zeros(0, np.int64)
        self._asked: NDArray[np.int64] = self._items
        self._vectors: NDArray[np.float32] | None = None

    def vectors(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return vectors from memory, and those that are missing from the other content."""
        missing = np.setdiff1d(items, self._asked)
        if len(missing) or self._vectors is None:
            found, new = self._content.vectors(missing)
            self._asked = np.union1d(self._asked, missing)
            held = new if self._vectors is None else np.concatenate([self._vectors, new])
            every = np.concatenate([self._items, found])
            order = np.argsort(every)
            self._items, self._vectors = every[order], held[order]
        places = np.flatnonzero(np.isin(self._items, items))
        return self._items[places], self._vectors[places]

    def nearest(
        self, queries: NDArray[np.float32], k: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Return what the other content finds."""
        return self._content.nearest(queries, k)

    def nearby(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return what the other content finds."""
        return self._content.nearby(queries, k)


class MatrixContent:
    """Vectors in memory: row i of ``vectors``, of length 1, is that of ``items[i]``."""

    def __init__(self, items: NDArray[np.int64], vectors: NDArray[np.floating]) -> None:
        order = np.argsort(items)
        self._items = np.asarray(items, np.int64)[order]
        self._vectors = np.asarray(vectors, np.float32)[order]

    def vectors(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of the items that are known, and their vectors."""
        wanted = np.unique(items)
        places = np.searchsorted(self._items, wanted)
        places = np.minimum(places, max(0, len(self._items) - 1))
        known = self._items[places] == wanted if len(self._items) else np.zeros(0, bool)
        return wanted[known], self._vectors[places[known]]

    def nearest(
        self, queries: NDArray[np.float32], k: int
    ) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Compare with every vector; of equal cosines the smaller id comes first."""
        scores = queries @ self._vectors.T
        orders = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return [(self._items[order], row[order]) for row, order in zip(scores, orders, strict=True)]

    def nearby(self, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Return the ``k`` nearest to each query."""
        return np.unique(np.concatenate([items for items, _ in self.nearest(queries, k)]))
