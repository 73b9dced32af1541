"""Galleries ranked for queries: what every retrieval metric is computed from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lookalike.errors import UsageError

__all__ = ["Ranking", "rank_gallery", "rank_leave_one_out", "rank_scores"]

_CHUNK_SCORES = 4_000_000  # scores held at a time: 16 MB, and twice that for their order
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Ranking:
    """How the galleries of n queries are ranked.

    ``relevant`` is bool of shape (n, depth): whether the item at each place, the best first,
    belongs to the query. ``totals`` is int64 of shape (n,): how many items of the gallery do,
    found or not. Items with equal scores stand with the irrelevant ones first, so that a
    constant score wins nothing.
    """

    relevant: NDArray[np.bool_]
    totals: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.totals)


def rank_leave_one_out(
    vectors: NDArray[np.floating], labels: Sequence[Any] | NDArray[Any], *, depth: int | None = None
) -> Ranking:
    """Rank all other items for each item, by the inner product of their vectors.

    Args:
        vectors: shape (n, d), L2-normalised for cosines.
        labels: n labels; items are relevant to each other when theirs are equal.
        depth: places to keep; None keeps as many as the largest class needs, and at least 10.

    Raises:
        UsageError: lengths that do not fit together, or vectors that are not finite.
    """
    codes = _codes(labels)[0]
    vectors = _checked(vectors, codes, "vectors")
    totals = np.bincount(codes)[codes] - 1 if len(codes) else np.zeros(0, np.int64)
    keep = _depth(depth, totals, len(codes) - 1)
    parts = []
    for rows in _chunks(len(vectors), len(vectors)):
        relevant = codes[rows, None] == codes[None, :]
        order = _order(vectors[rows] @ vectors.T, relevant)
        order[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = _LAST - 1
        parts.append(_first(order, keep))
    return Ranking(_stack(parts, keep), totals.astype(np.int64))


def rank_gallery(
    queries: NDArray[np.floating],
    query_labels: Sequence[Any] | NDArray[Any],
    gallery: NDArray[np.floating],
    gallery_labels: Sequence[Any] | NDArray[Any],
    *,
    depth: int | None = None,
) -> Ranking:
    """Rank the items of a gallery for each query, by the inner product of their vectors.

    Args:
        queries: shape (n, d), L2-normalised for cosines.
        query_labels: n labels; gallery items with an equal one are relevant.
        gallery: shape (m, d).
        gallery_labels: m labels.
        depth: places to keep; None keeps as many as the largest class needs, and at least 10.

    Raises:
        UsageError: lengths that do not fit together, or vectors that are not finite.
    """
    query_codes, gallery_codes = _codes(query_labels, gallery_labels)
    queries = _checked(queries, query_codes, "queries")
    gallery = _checked(gallery, gallery_codes, "gallery")
    counts = np.bincount(gallery_codes, minlength=int(query_codes.max(initial=-1)) + 1)
    totals = counts[query_codes]
    keep = _depth(depth, totals, len(gallery))
    parts = []
    for rows in _chunks(len(queries), len(gallery)):
        relevant = query_codes[rows, None] == gallery_codes[None, :]
        parts.append(_first(_order(queries[rows] @ gallery.T, relevant), keep))
    return Ranking(_stack(parts, keep), totals.astype(np.int64))


def rank_scores(scores: ArrayLike, relevant: ArrayLike) -> Ranking:
    """Rank by given scores, higher is better.

    Args:
        scores: shape (n, m).
        relevant: bool of shape (n, m).

    Raises:
        UsageError: the shapes differ, or a score is NaN.

    >>> rank_scores([[0.9, 0.5, 0.9]], [[True, True, False]]).relevant.tolist()
    [[False, True, True]]
    """
    values, belongs = np.asarray(scores, np.float64), np.asarray(relevant, np.bool_)
    if values.ndim != 2 or values.shape != belongs.shape:
        raise UsageError(
            f"scores are of shape {values.shape} and relevant of {belongs.shape}; expected both "
            "of one shape (queries, items)."
        )
    if np.isnan(values).any():
        raise UsageError("A score is NaN.")
    places = np.lexsort((belongs, -values), axis=1)
    return Ranking(np.take_along_axis(belongs, places, axis=1), belongs.sum(axis=1, dtype=np.int64))


def _codes(*labels: Sequence[Any] | NDArray[Any]) -> list[NDArray[np.int64]]:
    """Return integers that stand for the labels, the same ones across all arguments."""
    known: dict[Any, int] = {}
    return [
        np.fromiter((known.setdefault(label, len(known)) for label in part), np.int64, len(part))
        for part in (part.tolist() if isinstance(part, np.ndarray) else part for part in labels)
    ]


def _checked(
    vectors: NDArray[np.floating], codes: NDArray[np.int64], what: str
) -> NDArray[np.float32]:
    if vectors.ndim != 2 or len(vectors) != len(codes):
        raise UsageError(f"{what}: {len(codes)} labels for an array of shape {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise UsageError(f"{what}: a value is not finite.")
    return vectors.astype(np.float32, copy=False)  # numpy multiplies float16 without BLAS


def _depth(depth: int | None, totals: NDArray[np.int64], available: int) -> int:
    if depth is not None and depth < 1:
        raise UsageError(f"depth is {depth}; expected 1 or more.")
    wanted = max(10, int(totals.max(initial=0))) if depth is None else depth
    return max(0, min(wanted, available))


def _chunks(rows: int, columns: int) -> Iterator[slice]:
    step = max(1, _CHUNK_SCORES // max(1, columns))
    return (slice(start, min(rows, start + step)) for start in range(0, rows, step))


def _order(scores: NDArray[np.floating], relevant: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return integers that sort by falling score, then irrelevant first; the last bit says which.

    The bits of a float32 sort like its value once those of negative ones are turned over.
    """
    bits = (scores.astype(np.float32) + np.float32(0.0)).view(np.int32)
    bits ^= (bits >> 31) & np.int32(0x7FFFFFFF)
    return bits.astype(np.int64) * -2 + relevant


def _first(order: NDArray[np.int64], keep: int) -> NDArray[np.bool_]:
    if keep < order.shape[1]:
        order = np.partition(order, max(0, keep - 1), axis=1)[:, :keep]
    return (np.sort(order, axis=1)[:, :keep] & 1).astype(np.bool_)


def _stack(parts: list[NDArray[np.bool_]], keep: int) -> NDArray[np.bool_]:
    return np.concatenate(parts) if parts else np.zeros((0, keep), np.bool_)
