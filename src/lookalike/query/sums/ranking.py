"""Rank images for a sum in which there are words, by what each of its terms says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog
from lookalike.catalog.image_vectors import vectors_of_images
from lookalike.index import LibraryIndex, Neighbours
from lookalike.query.words import WordScores, word_log_odds

from .asked import direction

__all__ = ["SumRanking", "SumTerms", "log_odds"]

_CANDIDATES = 10_000
_CANDIDATES_PER_HIT = 4
_ROWS_AT_ONCE = 4096
_LEAST = 1e-9

Vectors = NDArray[np.float32]
Odds = NDArray[np.float64]
Probability = Callable[[NDArray[np.floating]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class SumTerms:
    """What is added up.

    ``units`` are vectors (p, d) of length 1 of the pictures, with ``weights`` (p,); ``words`` what
    each of the words says of all images, with its weight; at least one.
    """

    units: Vectors
    weights: NDArray[np.float64]
    words: Sequence[tuple[WordScores, float]]


class SumRanking:
    """The images of a library in the order of a sum of pictures and words.

    Scores of words and cosines of pictures are not of one kind: what is added up are the log-odds
    that each term gives an image, L = log(p / (1 - p)) with the p of its own calibration:

        mean(x) = sum of w_i L_i(x) / sum of |w_i|,    score(x) = tanh(mean(x) / 2) in [-1, 1].

    What is subtracted has a negative weight; of words that are subtracted, scores below 0 count as
    0, so that an image is not found for being even farther from them. For pictures alone the
    order is that of the cosine with the sum of their vectors. The probability of an image is that
    of its fitting all terms, were they independent: the product of q_i^(|w_i| / max |w|), with
    q_i the p of what is added and 1 - p of what is subtracted. It is no higher than that of what
    weighs most.

    Words score every image. Where there are pictures too, those images are ranked that are among
    the 10,000 nearest to the sum of the pictures' vectors, or the 10,000 best by the words alone;
    each of them exactly.

    Args:
        terms: the pictures and the words, with their weights.
        probability: turns cosines of pictures into probabilities.
        allowed: ids of the images that may be found, ascending; None for all.
        min_probability: leaves out images of a lower one.

    Raises:
        UsageError: the pictures cancel out.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: LibraryIndex,
        *,
        terms: SumTerms,
        probability: Probability,
        allowed: NDArray[np.int64] | None = None,
        min_probability: float | None = None,
        candidates: int = _CANDIDATES,
    ) -> None:
        self._catalog, self._index, self._allowed = catalog, index, allowed
        units, weights, words = terms.units, terms.weights, terms.words
        self._units, self._probability, self._candidates = units, probability, candidates
        self._toward = direction(units, weights) if len(units) else None
        self._weights = np.concatenate([weights, [weight for _, weight in words]])
        self._least = 0.0 if min_probability is None else min_probability
        self._ids, self._odds = _common(words)
        if allowed is not None:
            kept = np.isin(self._ids, allowed)
            self._ids, self._odds = self._ids[kept], self._odds[kept]

    def best(self, depth: int) -> list[Neighbours]:
        """Return, as the only item, the ``depth`` best images; of equals the lower id first."""
        ids, odds = self._odds_of(self._candidates_for(depth))
        if self._least > 0.0:
            good = self._probable(odds) >= self._least
            ids, odds = ids[good], odds[good]
        mean = odds @ (self._weights / np.abs(self._weights).sum())
        order = np.lexsort((ids, -mean))[:depth]
        return [Neighbours(ids[order], np.tanh(mean[order] / 2).astype(np.float32))]

    def probabilities(self, found: Neighbours) -> list[float]:
        """Return the probability of images that were found, in their order; 0 for lost ones."""
        ids, odds = self._odds_of(np.sort(found.image_ids))
        known = dict(zip(ids.tolist(), self._probable(odds).tolist(), strict=True))
        return [known.get(image_id, 0.0) for image_id in found.image_ids.tolist()]

    def _candidates_for(self, depth: int) -> NDArray[np.int64]:
        if self._toward is None:
            return self._ids
        many = max(self._candidates, _CANDIDATES_PER_HIT * depth)
        near = self._index.search(self._toward[None], many, allowed=self._allowed)[0].image_ids
        worded = self._odds @ self._weights[len(self._units) :]
        told = self._ids[np.argsort(-worded, kind="stable")[:many]]
        return np.intersect1d(np.union1d(near, told), self._ids)

    def _odds_of(self, wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], Odds]:
        """Return those of the images that can be scored, ascending (n,), and log-odds (n, t)."""
        if self._toward is None:
            return wanted, self._odds[np.searchsorted(self._ids, wanted)]
        found, odds = [np.zeros(0, np.int64)], [np.zeros((0, len(self._units)))]
        for start in range(0, len(wanted), _ROWS_AT_ONCE):
            with self._catalog.reading() as connection:
                ids, vectors = vectors_of_images(
                    connection, self._index.generation, wanted[start : start + _ROWS_AT_ONCE]
                )
            found.append(ids)
            odds.append(log_odds(self._probability(vectors.astype(np.float32) @ self._units.T)))
        every = np.concatenate(found)
        worded = self._odds[np.searchsorted(self._ids, every)]
        return every, np.hstack([np.concatenate(odds), worded])

    def _probable(self, odds: Odds) -> NDArray[np.float64]:
        sizes = np.abs(self._weights)
        logs = -np.logaddexp(0.0, -np.sign(self._weights) * odds) @ (sizes / sizes.max())
        found: NDArray[np.float64] = np.exp(logs)
        return found


def log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), with p kept a billionth away from 0 and 1."""
    kept = np.clip(probabilities, _LEAST, 1 - _LEAST)
    return np.log(kept) - np.log1p(-kept)


def _common(words: Sequence[tuple[WordScores, float]]) -> tuple[NDArray[np.int64], Odds]:
    """Return the ids (n,) of the images that all words score, and the log-odds of each (n, t).

    A picture that is added between two of them is not scored by the first.
    """
    ids = words[0][0].image_ids
    for scores, _ in words[1:]:
        if not np.array_equal(scores.image_ids, ids):
            ids = np.intersect1d(ids, scores.image_ids)
    odds = []
    for scores, weight in words:
        own = scores.scores[np.searchsorted(scores.image_ids, ids)]
        odds.append(word_log_odds(np.maximum(own, 0.0) if weight < 0 else own))
    return ids, np.stack(odds, axis=1)
