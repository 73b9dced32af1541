"""Rank images for a sum in which there are words, by what each of its terms says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog
from lookalike.catalog.image_vectors import vectors_of_images
from lookalike.index import LibraryIndex, Neighbours

from .sums import direction
from .words import WordScores, word_log_odds

__all__ = ["SumRanking", "log_odds", "sum_probability"]

_CANDIDATES = 10_000
_CANDIDATES_PER_HIT = 4
_ROWS_AT_ONCE = 4096
_LEAST = 1e-9

Vectors = NDArray[np.float32]
Probability = Callable[[NDArray[np.floating]], NDArray[np.float64]]


class SumRanking:
    """The images of a library in the order of a sum of pictures and words.

    Scores of words and cosines of pictures are not of one kind: what is added up are the log-odds
    that each term gives an image, L = log(p / (1 - p)) with the p of its own calibration:

        mean(x) = sum of w_i L_i(x) / sum of |w_i|,    score(x) = tanh(mean(x) / 2)

    so that the score lies in [-1, 1] and the probability is (1 + score) / 2 = 1 / (1 + e^-mean).
    A term that is subtracted has a negative weight: its odds are turned over. For pictures alone
    the order is that of the cosine with the sum of their vectors.

    Words score every image. Where there are pictures too, those images are ranked that are among
    the 10,000 nearest to the sum of the pictures' vectors, or the 10,000 best by the words alone;
    each of them exactly.

    Args:
        units: vectors (p, d) of length 1 of the pictures, with ``weights`` (p,).
        words: what each of the words says of all images, with its weight; at least one.
        probability: turns cosines of pictures into probabilities.
        allowed: ids of the images that may be found, ascending; None for all.

    Raises:
        UsageError: the pictures cancel out.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: LibraryIndex,
        *,
        units: Vectors,
        weights: NDArray[np.float64],
        words: Sequence[tuple[WordScores, float]],
        probability: Probability,
        allowed: NDArray[np.int64] | None,
        candidates: int = _CANDIDATES,
    ) -> None:
        self._catalog, self._index, self._allowed = catalog, index, allowed
        self._units, self._weights, self._probability = units, weights, probability
        self._candidates = candidates
        self._toward = direction(units, weights) if len(units) else None
        self._size = float(np.abs(weights).sum()) + sum(abs(weight) for _, weight in words)
        self._ids, self._worded = _added(words)
        if allowed is not None:
            kept = np.isin(self._ids, allowed)
            self._ids, self._worded = self._ids[kept], self._worded[kept]

    def best(self, depth: int) -> list[Neighbours]:
        """Return, as the only item, the ``depth`` best images; of equals the lower id first."""
        ids, total = self._ids, self._worded
        if self._toward is not None:
            ids, total = self._with_pictures(depth)
        mean = total / self._size
        order = np.lexsort((ids, -mean))[:depth]
        return [Neighbours(ids[order], np.tanh(mean[order] / 2).astype(np.float32))]

    def _with_pictures(self, depth: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        many = max(self._candidates, _CANDIDATES_PER_HIT * depth)
        near = self._index.search(self._toward[None], many, allowed=self._allowed)[0].image_ids
        told = self._ids[np.argsort(-self._worded, kind="stable")[:many]]
        wanted = np.intersect1d(np.union1d(near, told), self._ids)
        found, totals = [np.zeros(0, np.int64)], [np.zeros(0)]
        for start in range(0, len(wanted), _ROWS_AT_ONCE):
            with self._catalog.reading() as connection:
                ids, vectors = vectors_of_images(
                    connection, self._index.generation, wanted[start : start + _ROWS_AT_ONCE]
                )
            cosines = vectors.astype(np.float32) @ self._units.T
            found.append(ids)
            totals.append(log_odds(self._probability(cosines)) @ self._weights)
        every = np.concatenate(found)
        return every, np.concatenate(totals) + self._worded[np.searchsorted(self._ids, every)]


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), with p kept a billionth away from 0 and 1."""
    kept = np.clip(probabilities, _LEAST, 1 - _LEAST)
    return np.log(kept) - np.log1p(-kept)


def sum_probability(score: float) -> float:
    """Return the probability that belongs to a score of ``SumRanking``."""
    return (1.0 + score) / 2.0


def _added(
    words: Sequence[tuple[WordScores, float]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the ids (n,) of the images that all words score, and the weighted log-odds (n,).

    A picture that is added between two of them is not scored by the first.
    """
    ids = words[0][0].image_ids
    for scores, _ in words[1:]:
        if len(scores.image_ids) != len(ids) or (scores.image_ids != ids).any():
            ids = np.intersect1d(ids, scores.image_ids)
    total = np.zeros(len(ids))
    for scores, weight in words:
        own = scores.scores[np.searchsorted(scores.image_ids, ids)]
        total += weight * word_log_odds(own)
    return ids, total
