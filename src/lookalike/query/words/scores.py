"""What words say about every image of a library, put together from three kinds of evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordScores", "combine", "coverage", "word_log_odds", "word_probability"]

SAID = 0.6
"""How far an image comes towards a score of 1 when its address or metadata say every word."""
COLOURED = 0.3
"""How far it comes when it shows the colours asked for."""
_SLOPE, _INTERCEPT = 6.16, -2.83

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WordScores:
    """A score for every image: ``image_ids`` int64 (n,) ascending, ``scores`` float32 (n,).

    Scores lie in [-1, 1]. ``word_probability`` gives what they mean.
    """

    image_ids: NDArray[np.int64]
    scores: Floats

    def best(self, k: int) -> WordScores:
        """Return the ``k`` best, the best first; of equals the one with the lower id."""
        order = np.lexsort((self.image_ids, -self.scores))[:k]
        return WordScores(self.image_ids[order], self.scores[order])

    def part(self, part: slice) -> WordScores:
        """Return some of the rows, in their order."""
        return WordScores(self.image_ids[part], self.scores[part])

    def among(self, image_ids: NDArray[np.int64]) -> WordScores:
        """Return the scores of those of the images that are among the given ones."""
        kept = np.isin(self.image_ids, image_ids)
        return WordScores(self.image_ids[kept], self.scores[kept])


def word_probability(score: float) -> float:
    """Return the calibrated probability that a picture shows what the words say (Platt, 1999).

    Fitted by ``benchmarks/words.py --fit`` on names of classes and pictures of selection
    classes.
    """
    return 1.0 / (1.0 + math.exp(-(_SLOPE * score + _INTERCEPT)))


def word_log_odds(scores: Floats) -> NDArray[np.float64]:
    """Return log(p / (1 - p)) of ``word_probability`` for scores of any shape."""
    return _SLOPE * scores.astype(np.float64) + _INTERCEPT


def combine(
    seen: Floats | None, said: Floats | None = None, coloured: Floats | None = None
) -> Floats:
    """Return the scores (n,) in [-1, 1] from three kinds of evidence.

    Args:
        seen: the cosine of words and picture, or None where only the others speak.
        said: how much of the words stands in address and metadata, in [0, 1].
        coloured: how much the picture shows of the colours, in [0, 1].

    Each of the others takes away a part of what ``seen`` lacks to 1, so that no order of them
    matters and no score leaves its range: 1 - (1 - seen) (1 - 0.6 said) (1 - 0.3 coloured).
    Colours alone, with nothing to see, are the score themselves.
    """
    if seen is None and coloured is not None:
        seen, coloured = coloured, None
    parts = [part for part in (seen, said, coloured) if part is not None]
    if not parts:
        raise ValueError("There is no evidence to combine.")
    lacking = 1.0 - (seen if seen is not None else np.zeros_like(parts[0]))
    if said is not None:
        lacking = lacking * (1.0 - SAID * said)
    if coloured is not None:
        lacking = lacking * (1.0 - COLOURED * coloured)
    found: Floats = (1.0 - lacking).astype(np.float32)
    return found


def coverage(ids: NDArray[np.int64], matches: list[frozenset[int]]) -> Floats | None:
    """Return how much of the words each image says, in [0, 1]; None when no image says any.

    A word weighs log(1 + n / images that say it) (the inverse document frequency of Spärck
    Jones, 1972, kept above zero), so that one that all say decides nothing much.

    Args:
        ids: the ids of all images, ascending.
        matches: for each word the ids of the images that say it.
    """
    if not any(matches) or not len(ids):
        return None
    found = np.zeros(len(ids), np.float32)
    total = 0.0
    for match in matches:
        weight = float(np.log1p(len(ids) / max(1, len(match))))
        total += weight
        if match:
            found[np.isin(ids, np.fromiter(match, np.int64))] += weight
    return found / np.float32(total)
