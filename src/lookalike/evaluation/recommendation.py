"""Metrics of lists that were recommended to users; one value for each user where that can be.

A list is a row of item ids, the best first, with -1 where it is shorter than the others. All
metrics are over the full catalogue: a list is made of any items, not of a few that were drawn
(Krichene and Rendle, On Sampled Metrics for Item Recommendation, KDD 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

__all__ = ["catalogue_coverage", "intra_list_diversity", "ndcg_at_k", "novelty", "share_found_at_k"]


def share_found_at_k(
    lists: NDArray[np.int64], relevant: Sequence[NDArray[np.int64]], k: int = 10
) -> NDArray[np.float64]:
    """Return for each user the share of the relevant items among the first ``k``: recall@k.

    recall@k = |first k and relevant| / |relevant|; NaN for a user with nothing relevant.

    Args:
        lists: shape (n, depth).
        relevant: n arrays of item ids.
        k: 1 to depth.

    Raises:
        UsageError: the numbers do not fit together.

    >>> share_found_at_k(np.array([[5, 6, 7]]), [np.array([7, 5, 9, 8])], k=3).tolist()
    [0.5]
    """
    hits, totals = _hits(lists, relevant, k)
    return np.where(totals > 0, hits.sum(axis=1) / np.maximum(totals, 1), np.nan)


def ndcg_at_k(
    lists: NDArray[np.int64], relevant: Sequence[NDArray[np.int64]], k: int = 10
) -> NDArray[np.float64]:
    """Return for each user NDCG@k with relevance 0 or 1.

    DCG@k = sum over i <= k of rel_i / log2(i + 1), divided by what it is when all relevant items
    come first (Järvelin and Kekäläinen, Cumulated Gain-Based Evaluation of IR Techniques, 2002).
    NaN for a user with nothing relevant.

    Args and errors as in :func:`share_found_at_k`.

    >>> ndcg_at_k(np.array([[5, 6, 7]]), [np.array([6])], k=3).round(4).tolist()
    [0.6309]
    """
    hits, totals = _hits(lists, relevant, k)
    gains = 1.0 / np.log2(np.arange(k) + 2.0)
    ideal = np.append(0.0, np.cumsum(gains))[np.minimum(totals, k)]
    return np.where(totals > 0, (hits * gains).sum(axis=1) / np.maximum(ideal, 1e-12), np.nan)


def catalogue_coverage(lists: NDArray[np.int64], catalogue: int) -> float:
    """Return the share of the catalogue that is recommended to anybody, in [0, 1].

    (Ge, Delgado-Battenfeld and Jannach, Beyond Accuracy: Evaluating Recommender Systems by
    Coverage and Serendipity, RecSys 2010.)

    Args:
        lists: shape (n, k).
        catalogue: how many items there are.

    Raises:
        UsageError: there are fewer items than are recommended.
    """
    shown = np.unique(lists[lists >= 0])
    if catalogue < max(1, len(shown)):
        raise UsageError(f"The catalogue has {catalogue} items and {len(shown)} are recommended.")
    return len(shown) / catalogue


def intra_list_diversity(vectors: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Return for each list the mean of 1 - cos over its pairs, NaN for lists of less than two.

    (Ziegler et al., Improving Recommendation Lists Through Topic Diversification, WWW 2005.)

    Args:
        vectors: n arrays of shape (length, d), rows of length 1.

    >>> intra_list_diversity([np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])]).round(3).tolist()
    [0.667]
    """
    values = np.full(len(vectors), np.nan)
    for place, rows in enumerate(vectors):
        number = len(rows)
        if number > 1:
            wide = np.asarray(rows, np.float64)
            together = float((wide.sum(axis=0) ** 2).sum() - (wide**2).sum())
            values[place] = 1.0 - together / (number * (number - 1))
    return values


def novelty(
    lists: NDArray[np.int64], counts: NDArray[np.floating], users: int
) -> NDArray[np.float64]:
    """Return for each list the mean surprise of its items, in bits; NaN for an empty list.

    The surprise of item i is -log2((n_i + 1) / (users + 1)), where n_i of the users chose it in
    training (Zhou et al., Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems,
    PNAS 2010; the ones added keep what nobody chose finite).

    Args:
        lists: shape (n, k), places in ``counts``.
        counts: shape (m,), users of each item.
        users: how many there are.
    """
    surprise = -np.log2((np.asarray(counts, np.float64) + 1.0) / (users + 1.0))
    real = lists >= 0
    total = np.where(real, surprise[np.maximum(lists, 0)], 0.0).sum(axis=1)
    length = real.sum(axis=1)
    return np.where(length > 0, total / np.maximum(length, 1), np.nan)


def _hits(
    lists: NDArray[np.int64], relevant: Sequence[NDArray[np.int64]], k: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    if lists.ndim != 2 or len(lists) != len(relevant):
        raise UsageError(
            f"Lists of shape {lists.shape} for {len(relevant)} users; expected one for each."
        )
    if not 1 <= k <= max(1, lists.shape[1]):
        raise UsageError(f"k is {k}; expected 1 to {lists.shape[1]}, the length of the lists.")
    first = lists[:, :k]
    hits = np.zeros(first.shape, bool)
    for place, (row, wanted) in enumerate(zip(first, relevant, strict=True)):
        hits[place] = np.isin(row, wanted) & (row >= 0)
    totals = np.array([len(np.unique(wanted)) for wanted in relevant], np.int64)
    return hits, totals
