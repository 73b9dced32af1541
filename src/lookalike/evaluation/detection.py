"""Metrics of scores that should tell matches from the rest, at any threshold.

Items with equal scores pass a threshold together, so that no order among them matters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lookalike.errors import UsageError

__all__ = ["auroc", "average_precision", "micro_average_precision", "recall_at_precision"]


def average_precision(scores: ArrayLike, relevant: ArrayLike, *, total: int | None = None) -> float:
    """Return AP = sum over thresholds of (recall - recall before) * precision.

    The rectangle rule without interpolation: thresholds are the distinct scores, falling
    (Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4).

    Args:
        scores: shape (n,), higher is better; any sign and scale.
        relevant: bool of shape (n,).
        total: how many relevant items there are, where not all were retrieved.

    Raises:
        UsageError: shapes that differ, NaN, nothing relevant, or a total that is too small.

    >>> average_precision([0.9, 0.8, 0.7], [True, False, True])
    0.8333333333333333
    """
    true, passed, everything = _curve(scores, relevant, total)
    gains = np.diff(true, prepend=0) / everything
    return float(np.sum(gains * true / passed))


def micro_average_precision(
    scores: ArrayLike, relevant: ArrayLike, *, total: int | None = None
) -> float:
    """Return the average precision over all pairs of queries and items at once (uAP).

    It judges whether one threshold serves every query, which the mean over queries hides
    (Perronnin, Liu and Renders, A Family of Contextual Measures of Similarity, CVPR 2009;
    the metric of the Image Similarity Challenge 2021).

    Args:
        scores: shape (queries, items).
        relevant: bool of the same shape.
        total: how many relevant pairs there are, where not all were retrieved.

    Raises:
        UsageError: as for :func:`average_precision`.
    """
    return average_precision(np.ravel(scores), np.ravel(relevant), total=total)


def recall_at_precision(
    scores: ArrayLike, relevant: ArrayLike, *, precision: float = 0.9, total: int | None = None
) -> float:
    """Return the largest recall at any threshold where the precision is at least this.

    Args:
        scores: shape (n,), higher is better.
        relevant: bool of shape (n,).
        precision: in (0, 1].
        total: how many relevant items there are, where not all were retrieved.

    Returns:
        In [0, 1]; 0 where no threshold is that precise.

    Raises:
        UsageError: as for :func:`average_precision`, or a precision out of range.
    """
    if not 0.0 < precision <= 1.0:
        raise UsageError(f"precision is {precision}; expected a number in (0, 1].")
    true, passed, everything = _curve(scores, relevant, total)
    good = true / passed >= precision
    return float(true[good].max(initial=0) / everything)


def auroc(scores: ArrayLike, relevant: ArrayLike) -> float:
    """Return the area under the ROC curve: how often a match scores above another item.

    Equal scores count one half (Mann and Whitney's U over the number of pairs; Hanley and
    McNeil, The Meaning and Use of the Area under a ROC Curve, Radiology 1982).

    Args:
        scores: shape (n,), higher is better.
        relevant: bool of shape (n,), with at least one True and one False.

    Raises:
        UsageError: shapes that differ, NaN, or only one kind.

    >>> auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    0.875
    """
    values, belongs = _checked(scores, relevant)
    matches = int(belongs.sum())
    others = len(belongs) - matches
    if not matches or not others:
        raise UsageError("Both matches and others are needed.")
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # equal scores share their mean rank
    return float((ranks[belongs].sum() - matches * (matches + 1) / 2) / (matches * others))


def _curve(
    scores: ArrayLike, relevant: ArrayLike, total: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return, for each distinct score falling, the matches and the items that pass; the total."""
    values, belongs = _checked(scores, relevant)
    found = int(belongs.sum())
    everything = found if total is None else total
    if everything < max(found, 1):
        raise UsageError(
            f"There are {found} relevant items of {everything} in total; expected at least one, "
            "and no more than the total."
        )
    if not len(values):
        return np.zeros(1, np.int64), np.ones(1, np.int64), everything
    order = np.argsort(-values, kind="stable")
    last = np.append(np.diff(values[order]) != 0, True)  # the last item of each distinct score
    true = np.cumsum(belongs[order], dtype=np.int64)[last]
    passed = np.flatnonzero(last) + 1
    return true, passed, everything


def _checked(
    scores: ArrayLike, relevant: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, belongs = np.asarray(scores, np.float64), np.asarray(relevant, np.bool_)
    if values.ndim != 1 or values.shape != belongs.shape:
        raise UsageError(
            f"scores are of shape {values.shape} and relevant of {belongs.shape}; expected both "
            "of one shape (n,)."
        )
    if np.isnan(values).any():
        raise UsageError("A score is NaN.")
    return values, belongs
