"""What most users chose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .history import History, Interactions
from .protocol import Ranked, best_of

__all__ = ["Popularity", "positions"]


class Popularity:
    """Ranks items by the number of users who chose them, the same for everybody.

    ``item_ids`` int64 (m,) are ascending, ``counts`` float64 (m,). The score is the share of the
    most popular item's count, in (0, 1].
    """

    name = "popularity"

    def __init__(self, item_ids: NDArray[np.int64], counts: NDArray[np.float64]) -> None:
        self.item_ids, self.counts = item_ids, counts
        self._shares = counts / max(1.0, float(counts.max(initial=0.0)))
        self._order = np.lexsort((item_ids, -counts))

    @classmethod
    def fit(cls, known: Interactions) -> Popularity:
        """Count the users of each item."""
        items, counts = np.unique(known.chosen().items, return_counts=True)
        return cls(items, counts.astype(np.float64))

    def recommend(self, history: History, k: int) -> Ranked:
        """Return the most popular items that the user has not seen."""
        seen = history.seen
        first = self._order[: k + len(seen)]
        return best_of(self.item_ids[first], self._shares[first], k, without=seen)

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the share of the greatest count."""
        places, known = positions(self.item_ids, items)
        return np.where(known, self._shares[places] if len(self._shares) else 0.0, 0.0)

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Nothing of the user's own speaks for a popular item."""
        return np.full(len(items), -1, np.int64)


def positions(
    ascending: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the place of each wanted id in an ascending array, and whether it is there."""
    if not len(ascending):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return places, ascending[places] == wanted
