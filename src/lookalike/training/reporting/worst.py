"""The queries that a model serves worst, and what it finds for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.evaluation import map_at_r, rank_leave_one_out

__all__ = ["Missed", "worst"]

_CHUNK_SCORES = 4_000_000  # scores held at a time

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Missed:
    """A query with the places of the pictures nearest to it, the nearest first.

    ``precision`` is its average precision at R, in 0 to 1; ``scores`` are the cosines of the
    nearest.
    """

    query: int
    precision: float
    nearest: tuple[int, ...]
    scores: tuple[float, ...]


def worst(
    vectors: Floats, labels: Sequence[str], *, count: int = 20, nearest: int = 5
) -> list[Missed]:
    """Return the queries with the least average precision at R, the worst first.

    Where it is the same, the one whose best right answer is least similar comes first. Queries
    that have no right answer are left out. Memory grows as n, time as n².

    Args:
        vectors: float32 of shape (n, d), norm 1.
        labels: n classes.
        count: of queries.
        nearest: pictures to return for each.
    """
    precision = map_at_r(rank_leave_one_out(vectors, labels))
    codes = np.unique(np.asarray(labels, dtype=object), return_inverse=True)[1]
    best = np.full(len(vectors), -np.inf)
    for rows in _chunks(len(vectors)):
        scores = _others(vectors, np.arange(rows.start, rows.stop))
        same = codes[rows, None] == codes[None]
        best[rows] = np.where(same, scores, -np.inf).max(axis=1)
    asked = np.flatnonzero(np.isfinite(precision) & np.isfinite(best))
    chosen = asked[np.lexsort((best[asked], precision[asked]))][:count]
    scores = _others(vectors, chosen)
    order = np.argsort(-scores, axis=1, kind="stable")[:, : min(nearest, len(vectors) - 1)]
    return [
        Missed(
            int(query),
            float(precision[query]),
            tuple(order[row].tolist()),
            tuple(scores[row, order[row]].tolist()),
        )
        for row, query in enumerate(chosen)
    ]


def _others(vectors: Floats, queries: NDArray[np.int64]) -> Floats:
    """Return the cosines of some pictures with all, of each with itself minus infinity."""
    scores: Floats = vectors[queries] @ vectors.T
    scores[np.arange(len(queries)), queries] = -np.inf
    return scores


def _chunks(count: int) -> Iterator[slice]:
    step = max(1, _CHUNK_SCORES // max(1, count))
    return (slice(start, min(count, start + step)) for start in range(0, count, step))
