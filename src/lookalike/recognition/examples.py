"""Examples of the user's names as one matrix, in an order that does not depend on how they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

__all__ = ["Examples"]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Vectors with the number of the name that each is an example of.

    ``vectors`` is float32 of shape (n, d), rows of length 1; ``classes`` int64 of shape (n,),
    indexes into ``names``, each of which has an example. Rows are ordered by class and then by
    the bytes of the vector, and equal rows of a class are one: neither the order in which examples
    are given nor giving one twice changes anything.
    """

    vectors: NDArray[np.float32]
    classes: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, vectors: NDArray[np.floating], names: Sequence[str]) -> Examples:
        """Return the examples for n vectors (n, d) and the name of each.

        Raises:
            UsageError: no example, lengths that differ, or a vector that is not of length 1.
        """
        matrix = np.ascontiguousarray(vectors, dtype=np.float32)
        if matrix.ndim != 2 or len(matrix) != len(names) or not len(names):
            raise UsageError(
                f"{len(names)} names for vectors of shape {matrix.shape}; expected at least one "
                "example, and a name for each row."
            )
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not (np.abs(lengths - 1.0) < 0.01).all():
            raise UsageError("A vector of an example is not of length 1.")
        known = sorted(set(names))
        places = {name: place for place, name in enumerate(known)}
        classes = np.array([places[name] for name in names], dtype=np.int64)
        keys = np.concatenate(
            [classes.astype(">i8").view(np.uint8).reshape(-1, 8), matrix.view(np.uint8)], axis=1
        )
        rows = np.ascontiguousarray(keys).view(f"V{keys.shape[1]}").reshape(-1)
        first = np.unique(rows, return_index=True)[1]
        matrix = matrix[first] / lengths[first]
        return cls(matrix, classes[first], tuple(known))

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many examples each name has, shape (names,)."""
        return np.bincount(self.classes, minlength=len(self.names)).astype(np.int64)

    def sample(self, limit: int) -> Examples:
        """Return at most about ``limit`` of them: all of the small classes, fewer of the large.

        Within a class they are taken at even distances in the order of the rows, which is that
        of bytes and so as good as drawn.
        """
        if len(self) <= limit:
            return self
        counts = self.counts
        share = _share(counts, limit)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        kept = [
            start + np.linspace(0, count - 1, min(int(count), share)).astype(np.int64)
            for start, count in zip(starts, counts, strict=True)
        ]
        rows = np.concatenate(kept)
        return Examples(self.vectors[rows], self.classes[rows], self.names)


def _share(counts: NDArray[np.int64], limit: int) -> int:
    """Return the largest number for each class, at least 1, that keeps the total within a limit."""
    low, high = 1, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(counts, middle).sum()) <= limit:
            low = middle
        else:
            high = middle - 1
    return low
