"""What a recommender is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .history import History

__all__ = ["Ranked", "Recommender", "best_of"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Items int64 (n,) with their scores float64 (n,), the best first."""

    items: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def nothing(cls) -> Ranked:
        """Return an empty list."""
        return cls(np.zeros(0, np.int64), np.zeros(0))


class Recommender(Protocol):
    """Ranks items for a user, whom it knows by the history alone."""

    name: str

    def recommend(self, history: History, k: int) -> Ranked:
        """Return up to ``k`` items that the user has neither chosen nor refused.

        Scores fall and are not negative; of equal ones the smaller id comes first. Without
        anything to go by the list is empty.
        """

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the score of each item, float64 (n,); 0 where nothing is known of it."""

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each item the place in ``history.items`` that speaks most for it, or -1."""


def best_of(
    items: NDArray[np.int64], scores: NDArray[np.float64], k: int, *, without: NDArray[np.int64]
) -> Ranked:
    """Return the ``k`` items of the highest scores above 0, without some.

    ``items`` are distinct, in any order.
    """
    kept = scores > 0
    if len(without):
        kept &= ~np.isin(items, without)
    items, scores = items[kept], scores[kept]
    if len(items) > 4 * k:  # sort only what can be among the first, ties included
        bound = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = scores >= bound
        items, scores = items[kept], scores[kept]
    order = np.lexsort((items, -scores))[:k]
    return Ranked(items[order], scores[order])
