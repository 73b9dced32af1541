"""Metrics of ranked galleries; one value for each query, so that intervals can be drawn.

A query with nothing to be found in its gallery has the value NaN: average with
``numpy.nanmean``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

from .ranking import Ranking

__all__ = ["map_at_r", "r_precision", "recall_at_k"]


def recall_at_k(ranking: Ranking, k: int = 1) -> NDArray[np.float64]:
    """Say for each query whether one of the first ``k`` items is relevant: 1, or 0.

    That is the recall@k of metric learning (Jégou et al., Product Quantization for Nearest
    Neighbor Search, 2011), also called CMC@k; not the share of relevant items found.

    Raises:
        UsageError: ``k`` is below 1 or beyond the depth of the ranking.

    >>> from lookalike.evaluation import rank_scores
    >>> ranking = rank_scores([[3.0, 2.0, 1.0]], [[False, True, True]])
    >>> recall_at_k(ranking, 1).tolist(), recall_at_k(ranking, 2).tolist()
    ([0.0], [1.0])
    """
    depth = ranking.relevant.shape[1]
    if k < 1 or (k > depth and len(ranking)):
        raise UsageError(f"k is {k}; expected 1 to {depth}, the depth of the ranking.")
    found = np.count_nonzero(ranking.relevant[:, :k], axis=1) > 0
    return _where_possible(ranking, found.astype(np.float64))


def r_precision(ranking: Ranking) -> NDArray[np.float64]:
    """Return for each query the share of relevant items among the first R.

    R is the number of relevant items in the gallery.

    Raises:
        UsageError: the ranking is less deep than the largest R.
    """
    first = _first_r(ranking)
    found = np.count_nonzero(first, axis=1)
    return _where_possible(ranking, found / np.maximum(ranking.totals, 1))


def map_at_r(ranking: Ranking) -> NDArray[np.float64]:
    """Return for each query MAP@R = 1/R * sum over i <= R of P(i) * rel(i).

    R is the number of relevant items in the gallery, P(i) the precision among the first i and
    rel(i) 1 where item i is relevant, else 0 (Musgrave, Belongie and Lim, A Metric Learning
    Reality Check, ECCV 2020, equation 2).

    Raises:
        UsageError: the ranking is less deep than the largest R.

    >>> from lookalike.evaluation import rank_scores
    >>> relevant = [[True, False, True, False, False, True, False, False, False, True]]
    >>> map_at_r(rank_scores([[-float(i) for i in range(10)]], relevant)).round(3).tolist()
    [0.417]
    """
    first = _first_r(ranking)
    places = np.arange(1, first.shape[1] + 1)
    precision = np.cumsum(first, axis=1) / places
    total = (precision * first).sum(axis=1)
    return _where_possible(ranking, total / np.maximum(ranking.totals, 1))


def _first_r(ranking: Ranking) -> NDArray[np.bool_]:
    """Return the relevance of the first R items of each query, False behind them."""
    deepest = int(ranking.totals.max(initial=0))
    if ranking.relevant.shape[1] < deepest:
        raise UsageError(
            f"The ranking is {ranking.relevant.shape[1]} deep; {deepest} are needed, the size of "
            "the largest class."
        )
    relevant = ranking.relevant[:, :deepest]
    return relevant & (np.arange(deepest) < ranking.totals[:, None])


def _where_possible(ranking: Ranking, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(ranking.totals > 0, values, np.nan)
