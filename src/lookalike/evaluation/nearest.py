"""The nearest neighbour as an answer: what it scores, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lookalike.errors import UsageError

__all__ = ["Answers", "nearest_answers"]

_QUERIES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Answers:
    """The nearest neighbours of n queries, in galleries with and without their classes.

    ``scores`` (2 n,) are cosines, ``matches`` (2 n,) say whether the neighbour is of the query's
    class, ``queries`` (2 n,) are the places of the queries. The first n are with the class in the
    gallery, the others without it, where there is no right answer.
    """

    scores: NDArray[np.float64]
    matches: NDArray[np.bool_]
    queries: NDArray[np.int64]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether the class of the query is in the gallery, (2 n,)."""
        return np.arange(len(self.scores)) < len(self.scores) // 2


def nearest_answers(
    vectors: NDArray[np.floating], labels: Sequence[str] | ArrayLike, *, most: int | None = None
) -> Answers:
    """Ask with each picture for the nearest other, with its class in the gallery and without it.

    Half of the queries then have no match in the gallery. What a score means, on all queries
    together, is what :func:`fit_calibration` fits. Pictures that are alone in their class, or
    whose class is the only one, do not ask.

    Args:
        vectors: shape (n, d), rows of length 1.
        labels: the class of each, n of them.
        most: ask with no more than this many, drawn by a fixed seed; None is all.

    Raises:
        UsageError: there are not as many labels as vectors.
    """
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    if codes.ndim != 1 or len(codes) != len(vectors):
        raise UsageError(f"There are {len(vectors)} vectors and {codes.size} labels.")
    sizes = np.bincount(codes, minlength=1)
    able = (sizes[codes] > 1) & (sizes[codes] < len(codes))
    queries = np.flatnonzero(able).astype(np.int64)
    if most is not None and len(queries) > most:
        queries = np.sort(np.random.default_rng(0).permutation(queries)[:most])
    count = len(queries)
    scores, matches = np.empty(2 * count), np.zeros(2 * count, bool)
    for start in range(0, count, _QUERIES_AT_ONCE):
        rows = queries[start : start + _QUERIES_AT_ONCE]
        cosines = (vectors[rows] @ vectors.T).astype(np.float64)
        cosines[np.arange(len(rows)), rows] = -np.inf
        same = codes[rows, None] == codes
        best = cosines.argmax(axis=1)
        here = slice(start, start + len(rows))
        scores[here] = cosines[np.arange(len(rows)), best]
        matches[here] = codes[best] == codes[rows]
        cosines[same] = -np.inf
        scores[count + start : count + start + len(rows)] = cosines.max(axis=1)
    return Answers(scores, matches, np.concatenate([queries, queries]))
