"""The tastes of a user: groups of chosen items, each with the item in its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FARTHEST", "MOST_TASTES", "Tastes", "tastes_of", "ward_groups"]

FARTHEST = 1.2
"""Two single items of cosine 0.28 are as far apart."""

MOST_TASTES = 5


@dataclass(frozen=True, slots=True)
class Tastes:
    """Groups of items, the most important first.

    ``medoids`` int64 (t,) are the places of the items in the middle, ``shares`` float64 (t,) say
    how important each group is, with the sum 1, ``groups`` int64 (n,) is the group of each item,
    -1 for one that is in none of those kept.
    """

    medoids: NDArray[np.int64]
    shares: NDArray[np.float64]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.medoids)


def tastes_of(
    vectors: NDArray[np.floating],
    weights: NDArray[np.float64],
    *,
    farthest: float = FARTHEST,
    most: int = MOST_TASTES,
) -> Tastes:
    """Return the tastes in a user's items: Ward clusters with medoids, up to ``most`` of them.

    The importance of a cluster is the sum of its items' weights, which fade with time; its medoid
    is the member with the greatest sum of weight * cosine to the members (Pal et al., PinnerSage:
    Multi-Modal User Embedding Framework for Recommendations at Pinterest, KDD 2020).

    Args:
        vectors: shape (n, d), rows of length 1.
        weights: shape (n,), above 0.
        farthest: height of the tree at which it is cut, as in :func:`ward_groups`.
        most: how many clusters to keep.
    """
    if not len(vectors):
        return Tastes(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
    vectors = np.asarray(vectors, np.float64)
    found = ward_groups(vectors, farthest)
    importance = np.bincount(found, weights)
    order = np.argsort(-importance, kind="stable")[:most]
    cosines = (vectors @ vectors.T) * weights
    medoids = np.empty(len(order), np.int64)
    groups = np.full(len(vectors), -1, np.int64)
    for rank, group in enumerate(order.tolist()):
        members = np.flatnonzero(found == group)
        groups[members] = rank
        medoids[rank] = members[np.argmax(cosines[np.ix_(members, members)].sum(axis=1))]
    return Tastes(medoids, importance[order] / importance[order].sum(), groups)


def ward_groups(vectors: NDArray[np.floating], farthest: float) -> NDArray[np.int64]:
    """Return the number of the cluster of each vector, from 0, in the order of appearance.

    Agglomerative clustering (Ward, Hierarchical Grouping to Optimize an Objective Function,
    1963): the two clusters whose union raises the sum of squares least are joined while
    sqrt(2 |a| |b| / (|a| + |b|)) * ||mean a - mean b|| <= ``farthest``. Found by chains of nearest
    neighbours (Murtagh, A Survey of Recent Advances in Hierarchical Clustering Algorithms, 1983)
    with the update of Lance and Williams, in O(n^2).

    Args:
        vectors: shape (n, d).
        farthest: the greatest distance at which clusters are joined.
    """
    number = len(vectors)
    squares = (vectors**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * (vectors @ vectors.T), 0.0)
    np.fill_diagonal(distances, np.inf)
    sizes = np.ones(number)
    owner = np.arange(number)
    chain: list[int] = []
    alive = np.ones(number, bool)
    for _ in range(number - 1):
        a, b = _nearest_pair(distances, alive, chain)
        if distances[a, b] <= farthest**2:
            owner[owner == b] = a
        _join(distances, sizes, a, b)
        alive[b] = False
    return np.unique(_first_of(owner), return_inverse=True)[1].astype(np.int64)


def _nearest_pair(
    distances: NDArray[np.float64], alive: NDArray[np.bool_], chain: list[int]
) -> tuple[int, int]:
    """Follow nearest neighbours until two are each other's; take them off the chain."""
    if not chain:
        chain.append(int(np.argmax(alive)))
    while True:
        here = chain[-1]
        row = distances[here]
        there = int(np.argmin(row))
        if len(chain) > 1 and row[chain[-2]] <= row[there]:
            before = chain[-2]
            del chain[-2:]
            return min(here, before), max(here, before)
        chain.append(there)


def _join(distances: NDArray[np.float64], sizes: NDArray[np.float64], a: int, b: int) -> None:
    """Put cluster b into a: d(ab, c) by Lance and Williams, of squared distances."""
    both, others = sizes[a] + sizes[b], sizes
    row = (sizes[a] + others) * distances[a] + (sizes[b] + others) * distances[b]
    row = (row - others * distances[a, b]) / (both + others)
    row[[a, b]] = np.inf
    distances[a], distances[:, a] = row, row
    distances[b], distances[:, b] = np.inf, np.inf
    sizes[a] = both


def _first_of(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the owners in the order in which they appear."""
    _, first, inverse = np.unique(owner, return_index=True, return_inverse=True)
    return first[inverse]
