"""What looks like what the user chose."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .content import Content
from .history import HALF_LIFE_DAYS, History
from .popularity import positions
from .protocol import Ranked, best_of
from .tastes import FARTHEST, MOST_TASTES, tastes_of

__all__ = ["ByLooks"]

_MOST_ITEMS = 100
_MOST_DISLIKED = 20
_WIDTH = 0.1
_MORE = 10
_SEARCHED = 3  # tastes that candidates are sought for, as in PinnerSage

_Kernels: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float32]]


class ByLooks:
    """Ranks items by how near they are to the tastes of the user.

    The chosen items (the latest 100) are grouped into tastes with a medoid m_t and a share s_t,
    and score(x) = sum over t of s_t * exp((cos(x, m_t) - 1) / width), minus half of the greatest
    exp((cos(x, d) - 1) / width) over the latest refused items d; what comes to less than 0 is 0.
    That is a kernel density of the user's choice with the kernels at the medoids.
    """

    name = "content"

    def __init__(
        self,
        content: Content,
        *,
        width: float = _WIDTH,
        farthest: float = FARTHEST,
        most_tastes: int = MOST_TASTES,
        half_life_days: float = HALF_LIFE_DAYS,
    ) -> None:
        self._content = content
        self._width, self._farthest, self._most = width, farthest, most_tastes
        self._half_life = half_life_days
        self._last: tuple[History, _Kernels] | None = None

    def recommend(self, history: History, k: int) -> Ranked:
        """Return the items nearest to the tastes, from the index and scored in full."""
        kernels = self._kernels(history)
        seen = history.seen
        medoids = kernels[0]
        if not len(medoids):
            return Ranked.nothing()
        depth = -(-k // len(medoids)) + _MORE + min(len(seen), _MOST_ITEMS)
        near = self._content.nearby(medoids[:_SEARCHED], depth)
        items = np.setdiff1d(near, seen, assume_unique=True)
        items, vectors = self._content.vectors(items)
        return best_of(items, self._scores(vectors, *kernels), k, without=seen)

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the score of each item; 0 for those without a vector."""
        kernels = self._kernels(history)
        if not len(kernels[0]):
            return np.zeros(len(items))
        found, vectors = self._content.vectors(items)
        values = self._scores(vectors, *kernels)
        places, known = positions(found, items)
        return np.where(known, values[places] if len(values) else 0.0, 0.0)

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the chosen item that looks most like each."""
        chosen, mine = self._content.vectors(history.items[:_MOST_ITEMS])
        found, vectors = self._content.vectors(items)
        if not len(chosen) or not len(found):
            return np.full(len(items), -1, np.int64)
        nearest = chosen[np.argmax(vectors @ mine.T, axis=1)]
        order = np.argsort(history.items, kind="stable")
        where = order[np.searchsorted(history.items[order], nearest)]
        places, known = positions(found, items)
        return np.where(known, where[places], -1)

    def _kernels(self, history: History) -> _Kernels:
        """Return medoids (t, d), their shares (t,), and vectors of refused items (r, d).

        Those of the last history are kept: one list asks for them several times.
        """
        last = self._last
        if last is not None and last[0] is history:
            return last[1]
        kernels = self._made(history)
        self._last = history, kernels
        return kernels

    def _made(self, history: History) -> _Kernels:
        weights = history.decayed(self._half_life)
        items, vectors = self._content.vectors(history.items[:_MOST_ITEMS])
        order = np.argsort(history.items, kind="stable")
        mine = weights[order][np.searchsorted(history.items[order], items)]
        tastes = tastes_of(vectors, mine, farthest=self._farthest, most=self._most)
        _, refused = self._content.vectors(history.disliked[-_MOST_DISLIKED:])
        return vectors[tastes.medoids], tastes.shares, refused

    def _scores(
        self,
        vectors: NDArray[np.float32],
        medoids: NDArray[np.float32],
        shares: NDArray[np.float64],
        refused: NDArray[np.float32],
    ) -> NDArray[np.float64]:
        kernels = np.exp((vectors @ medoids.T - 1.0) / self._width)
        near: NDArray[np.float64] = kernels.astype(np.float64) @ shares
        if len(refused):
            near -= 0.5 * np.exp((vectors @ refused.T - 1.0) / self._width).max(axis=1)
        return np.maximum(near, 0.0)
