"""Several recommenders as one, mixed as it served best on choices held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .history import History
from .protocol import Ranked, Recommender, best_of

__all__ = ["Filled", "HeldOut", "Hybrid", "fit_mix", "mixtures"]

_LEAST_CANDIDATES = 100
_CANDIDATES_PER_K = 5


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A user's history up to a moment, and the items chosen after it, int64 (n,)."""

    history: History
    chosen_later: NDArray[np.int64]


class Hybrid:
    """Ranks items by a weighted sum of the scores of several recommenders.

    Each gives candidates; all are scored by all. The scores of one recommender are divided by the
    greatest of this user's candidates, so that each lies in [0, 1]; one that knows nothing of the
    user adds nothing, and the others decide: that is how new users and new items are served.
    """

    name = "hybrid"

    def __init__(self, parts: Sequence[Recommender], weights: Mapping[str, float]) -> None:
        self.parts = tuple(part for part in parts if weights.get(part.name, 0.0) > 0)
        self.weights = np.array([weights[part.name] for part in self.parts])

    def recommend(self, history: History, k: int) -> Ranked:
        """Return the items of the greatest weighted sums."""
        depth = max(_LEAST_CANDIDATES, _CANDIDATES_PER_K * k)
        items, scores = candidates(self.parts, history, depth)
        return best_of(items, scores @ self.weights, k, without=history.seen)

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weighted sums, the scores divided by the greatest among these items."""
        sums: NDArray[np.float64] = _scaled(self.parts, history, items) @ self.weights
        return sums

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what the part that speaks most for each item says."""
        speakers = self.speakers(history, items)
        found = np.full(len(items), -1, np.int64)
        for number, part in enumerate(self.parts):
            chosen = speakers == number
            if chosen.any():
                found[chosen] = part.because(history, items[chosen])
        return found

    def speakers(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each item which of ``parts`` adds most to its sum, int64 (n,)."""
        if not self.parts:
            return np.full(len(items), -1, np.int64)
        shares = _scaled(self.parts, history, items) * self.weights
        speakers: NDArray[np.int64] = np.argmax(shares, axis=1)
        return speakers


def candidates(
    parts: Sequence[Recommender], history: History, depth: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the first ``depth`` items of all parts, (n,), and scaled scores (n, parts)."""
    lists = [part.recommend(history, depth).items for part in parts]
    items = np.unique(np.concatenate(lists)) if lists else np.zeros(0, np.int64)
    return items, _scaled(parts, history, items)


def _scaled(
    parts: Sequence[Recommender], history: History, items: NDArray[np.int64]
) -> NDArray[np.float64]:
    scores = np.zeros((len(items), len(parts)))
    for column, part in enumerate(parts):
        values = part.score(history, items)
        scores[:, column] = np.maximum(values, 0.0) / max(float(values.max(initial=0.0)), 1e-12)
    return scores


class Filled:
    """A recommender whose lists are filled up by another where it runs out.

    What is filled in comes after everything else; its scores are scaled to lie below.
    """

    def __init__(self, first: Recommender, then: Recommender) -> None:
        self.name = first.name
        self._first, self._then = first, then

    def recommend(self, history: History, k: int) -> Ranked:
        """Return the list of the first, then that of the second."""
        found = self._first.recommend(history, k)
        if len(found) >= k:
            return found
        more = self._then.recommend(history, k + len(found))
        new = ~np.isin(more.items, found.items)
        items, scores = more.items[new][: k - len(found)], more.scores[new][: k - len(found)]
        if len(found) and len(scores):
            scores = scores / max(float(scores[0]), 1e-12) * float(found.scores[-1])
        return Ranked(np.append(found.items, items), np.append(found.scores, scores))

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the scores of the first."""
        return self._first.score(history, items)

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the reasons of the first."""
        return self._first.because(history, items)


def mixtures(parts: int, steps: int = 10) -> NDArray[np.float64]:
    """Return all weights that are multiples of 1 / ``steps`` with the sum 1, (n, parts).

    >>> mixtures(2, steps=2).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    rows: list[tuple[int, ...]] = [(left,) for left in range(steps, -1, -1)]
    for _ in range(parts - 2):
        rows = [(*row, left) for row in rows for left in range(steps - sum(row), -1, -1)]
    if parts == 1:
        return np.ones((1, 1))
    return np.array([(*row, steps - sum(row)) for row in rows]) / steps


def fit_mix(
    parts: Sequence[Recommender], held_out: Sequence[HeldOut], *, k: int = 10, steps: int = 5
) -> tuple[dict[str, float], float]:
    """Return the weights with the highest mean NDCG@k on choices held out, and that mean.

    All mixtures of a grid are tried (:func:`mixtures`). NDCG@k is sum over the first k of
    rel_i / log2(i + 1), divided by the greatest that it could be. Of equal mixtures the first
    part gets most. The parts must not have learned from what is held out.
    """
    grid = mixtures(len(parts), steps)
    total = np.zeros(len(grid))
    depth = max(_LEAST_CANDIDATES, _CANDIDATES_PER_K * k)
    for one in held_out:
        items, scores = candidates(parts, one.history, depth)
        relevant = np.isin(items, one.chosen_later)
        if relevant.any():
            total += _ndcg(scores @ grid.T, relevant, len(np.unique(one.chosen_later)), k)
    best = int(np.argmax(np.round(total, 9)))
    weights = {part.name: float(w) for part, w in zip(parts, grid[best], strict=True)}
    return weights, float(total[best]) / max(1, len(held_out))


def _ndcg(
    scores: NDArray[np.float64], relevant: NDArray[np.bool_], later: int, k: int
) -> NDArray[np.float64]:
    """Return NDCG@k of each column of scores (n, mixtures)."""
    gains = 1.0 / np.log2(np.arange(k) + 2.0)
    places = np.flatnonzero(relevant)
    value = np.zeros(scores.shape[1])
    for place in places:  # few: the place of an item is how many score more, or as much before it
        mine = scores[place]
        ahead = (scores > mine).sum(axis=0) + (scores[:place] == mine).sum(axis=0)
        value += np.where(ahead < k, gains[np.minimum(ahead, k - 1)], 0.0)
    ideal = gains[: min(k, later)].sum()
    scored: NDArray[np.float64] = value / ideal
    return scored
