"""Lists that do not say the same thing ten times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

__all__ = ["diversified"]


def diversified(
    scores: NDArray[np.floating], vectors: NDArray[np.floating], k: int, diversity: float
) -> NDArray[np.int64]:
    """Return the places of ``k`` candidates, good ones that differ, in the order to show them.

    Maximal marginal relevance: the next one is the candidate i, of those not taken, with the
    greatest (1 - d) * s_i - d * max over taken j of cos(i, j), where d is the ``diversity``
    (Carbonell and Goldstein, The Use of MMR, Diversity-Based Reranking for Reordering Documents
    and Producing Summaries, SIGIR 1998; their lambda is 1 - d). Of equal ones the first is taken.

    Args:
        scores: shape (n,), on the scale of a cosine.
        vectors: shape (n, d), rows of length 1.
        k: how many to take.
        diversity: in [0, 1]; 0 orders by score alone.

    Raises:
        UsageError: ``diversity`` is out of range.

    >>> import numpy as np
    >>> scores, vectors = np.array([0.9, 0.8, 0.5]), np.array([[1.0, 0], [1, 0], [0, 1]])
    >>> diversified(scores, vectors, 2, 0.5).tolist()
    [0, 2]
    """
    if not 0.0 <= diversity <= 1.0:
        raise UsageError(f"diversity is {diversity}; expected a number from 0 to 1.")
    number = min(k, len(scores))
    if diversity == 0.0:
        plain: NDArray[np.int64] = np.argsort(-scores, kind="stable")[:number]
        return plain
    relevance = (1.0 - diversity) * np.asarray(scores, np.float64)
    likeness = np.full(len(scores), -np.inf)
    left = np.ones(len(scores), bool)
    taken = np.empty(number, np.int64)
    for place in range(number):
        value = relevance if place == 0 else relevance - diversity * likeness
        best = int(np.argmax(np.where(left, value, -np.inf)))
        taken[place] = best
        left[best] = False
        np.maximum(likeness, vectors @ vectors[best], out=likeness)
    return taken
