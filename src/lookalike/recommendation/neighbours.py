"""People who chose this chose that: items with their neighbours, learned from all users."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .history import History, Interactions
from .popularity import positions
from .protocol import Ranked, best_of

__all__ = ["Neighbours", "fit_ease", "fit_item_item"]

_MOST_ITEMS = 200  # of a history: its latest
_PAIRS_AT_ONCE = 4_000_000


class Neighbours:
    """Ranks items by the sum of the similarities to what the user chose.

    score(j) = sum over chosen i of w_i * S_ij, with the weights w of the history.

    ``item_ids`` int64 (m,) are ascending; ``places`` int32 (m, t) are the places of the neighbours
    of each in it, -1 where there are fewer, and ``values`` float32 (m, t) the similarities S.
    """

    def __init__(
        self,
        name: str,
        item_ids: NDArray[np.int64],
        places: NDArray[np.int32],
        values: NDArray[np.float32],
    ) -> None:
        self.name = name
        self.item_ids, self.places, self.values = item_ids, places, values

    def recommend(self, history: History, k: int) -> Ranked:
        """Return the items of the greatest sums."""
        near, sums = self._sums(history)
        return best_of(self.item_ids[near], sums, k, without=history.seen)

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the sums; 0 for items without a neighbour among those chosen."""
        near, sums = self._sums(history)
        places, known = positions(self.item_ids[near], items)
        return np.where(known, sums[places] if len(sums) else 0.0, 0.0)

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the chosen item of the greatest share in the sum."""
        rows, which, weights = self._rows(history)
        wanted, known = positions(self.item_ids, items)
        near = self.places[rows]
        found = np.full(len(items), -1, np.int64)
        for place in np.flatnonzero(known).tolist():
            shares = np.where(near == wanted[place], self.values[rows], 0.0).max(axis=1, initial=0)
            shares = shares * weights
            if len(shares) and shares.max() > 0:
                found[place] = which[int(np.argmax(shares))]
        return found

    def _rows(
        self, history: History
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the places of the chosen items in the table and in the history; weights."""
        places, known = positions(self.item_ids, history.items[:_MOST_ITEMS])
        which = np.flatnonzero(known)
        return places[known], which, history.weights[which]

    def _sums(self, history: History) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the places of all neighbours, ascending, and their sums."""
        rows, _, weights = self._rows(history)
        near = self.places[rows].ravel()
        shares = (self.values[rows] * weights[:, None]).ravel()
        real = near >= 0
        found, inverse = np.unique(near[real], return_inverse=True)
        sums = np.bincount(inverse, shares[real], minlength=len(found)).astype(np.float64)
        return found.astype(np.int64), sums


def fit_item_item(known: Interactions, *, shrink: float = 10.0, neighbours: int = 50) -> Neighbours:
    """Learn cosines between items, shrunk where few users chose both.

    S_ij = n_ij / sqrt(n_i * n_j) * n_ij / (n_ij + shrink), where n counts users (Sarwar et al.,
    Item-Based Collaborative Filtering Recommendation Algorithms, WWW 2001; the shrinkage is that
    of Bell and Koren, Scalable Collaborative Filtering with Jointly Derived Neighborhood
    Interpolation Weights, ICDM 2007).

    Args:
        known: what users chose; refusals are left out.
        shrink: number of users at which a similarity counts half.
        neighbours: how many to keep for each item, the most similar ones.
    """
    chosen = known.chosen()
    item_ids, columns = np.unique(chosen.items, return_inverse=True)
    rows = np.unique(chosen.users, return_inverse=True)[1]
    counts = np.bincount(columns, minlength=len(item_ids)).astype(np.float64)
    places = np.full((len(item_ids), neighbours), -1, np.int32)
    values = np.zeros((len(item_ids), neighbours), np.float32)
    for left, right, both in _together(rows, columns, len(item_ids)):
        similar = both / np.sqrt(counts[left] * counts[right]) * both / (both + shrink)
        _keep_best(places, values, left, right, similar)
    return Neighbours("item-item", item_ids, places, values)


def _together(
    rows: NDArray[np.int64], columns: NDArray[np.int64], width: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Yield each pair of different items that a user chose, and by how many users.

    All pairs of one left item come at once. ``rows`` ascend: a user's items lie together.
    """
    sizes = np.bincount(rows)
    begins = np.cumsum(sizes) - sizes
    ends = np.cumsum(np.bincount(columns, minlength=width))
    by_item = np.argsort(columns, kind="stable")
    pairs = np.cumsum(sizes[rows[by_item]])
    start = 0
    while start < width:
        before = pairs[ends[start - 1] - 1] if start else 0
        stop = int(np.searchsorted(pairs[ends - 1], before + _PAIRS_AT_ONCE, side="right"))
        stop = max(stop, start + 1)
        some = by_item[(ends[start - 1] if start else 0) : ends[stop - 1]]
        yield _pairs(columns, some, sizes[rows[some]], begins[rows[some]])
        start = stop


def _pairs(
    columns: NDArray[np.int64],
    some: NDArray[np.int64],
    sizes: NDArray[np.int64],
    begins: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each pair of different items that a user chose, and by how many users.

    ``some`` are the rows of the left items, ``sizes`` how many rows their users have and
    ``begins`` where these start.
    """
    left = np.repeat(columns[some], sizes)
    within = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    right = columns[np.repeat(begins, sizes) + within]
    width = int(columns.max()) + 1
    keys = np.sort((left * width + right)[left != right])
    firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else keys
    both = np.diff(np.append(firsts, len(keys))).astype(np.float64)
    return keys[firsts] // width, keys[firsts] % width, both


def _keep_best(
    places: NDArray[np.int32],
    values: NDArray[np.float32],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    similar: NDArray[np.float64],
) -> None:
    """Write the most similar neighbours of each left item into its row."""
    order = np.lexsort((right, -similar, left))
    left, right, similar = left[order], right[order], similar[order]
    begins = np.flatnonzero(np.append(True, left[1:] != left[:-1])) if len(left) else left
    rank = np.arange(len(left)) - np.repeat(begins, np.diff(np.append(begins, len(left))))
    kept = rank < places.shape[1]
    places[left[kept], rank[kept]] = right[kept]
    values[left[kept], rank[kept]] = similar[kept]


def fit_ease(
    known: Interactions,
    *,
    regularisation: float = 200.0,
    most_items: int = 5000,
    neighbours: int = 200,
) -> Neighbours:
    """Learn the linear model that best gives each item back from the others.

    With X the binary matrix of users and items, G = X'X and P = (G + regularisation * I)^-1:
    S_ij = -P_ij / P_jj, and S_jj = 0 (Steck, Embarrassingly Shallow Autoencoders for Sparse Data,
    WWW 2019, equation 8).

    Args:
        known: what users chose; refusals are left out.
        regularisation: the more, the more careful.
        most_items: the items chosen most often, which alone take part: the matrix to invert has
            as many rows.
        neighbours: how many S_ij to keep for each i, those of the greatest size.
    """
    chosen = known.chosen()
    item_ids, counts = np.unique(chosen.items, return_counts=True)
    item_ids = np.sort(item_ids[np.argsort(-counts, kind="stable")[:most_items]])
    columns, present = positions(item_ids, chosen.items)
    rows = np.unique(chosen.users[present], return_inverse=True)[1]
    gram = np.diag(np.bincount(columns[present], minlength=len(item_ids)) + regularisation)
    for left, right, both in _together(rows, columns[present], len(item_ids)):
        gram[left, right] = both
    inverse = np.linalg.inv(gram)
    similar = (-inverse / np.diag(inverse)).astype(np.float32)
    np.fill_diagonal(similar, 0.0)
    number = min(neighbours, max(0, len(item_ids) - 1))
    best = np.argsort(-np.abs(similar), axis=1, kind="stable")[:, :number]
    values = np.take_along_axis(similar, best, axis=1)
    places = np.where(np.abs(values) > 1e-9, best, -1)
    return Neighbours("ease", item_ids, places.astype(np.int32), values)
