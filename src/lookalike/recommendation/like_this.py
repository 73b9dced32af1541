"""More like some examples, and not like others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.query.ranking.diversity import diversified

from .content import Content

__all__ = ["STRATEGIES", "Alike", "Strategy", "check_wish", "example_scores", "more_like"]

Strategy: TypeAlias = Literal["average", "best", "sum"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

_DISLIKED_SHARE = 0.5
_LEAST_CANDIDATES = 50
_CANDIDATES_PER_K = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Items like the examples, in the order to show them.

    ``items`` int64 and ``scores`` float64 are of shape (n,); ``examples`` int64 (n,) is the place
    of the liked example that each is most like.
    """

    items: NDArray[np.int64]
    scores: NDArray[np.float64]
    examples: NDArray[np.int64]


def check_wish(liked: int, k: int, strategy: Strategy, diversity: float) -> None:
    """Check what is asked for, before any picture is read.

    Raises:
        UsageError: no such strategy, no liked example, or a number out of range.
    """
    if not liked:
        raise UsageError("Name at least one image to be liked.")
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    if strategy not in STRATEGIES:
        raise UsageError(
            f"There is no strategy {strategy!r}; expected one of {', '.join(STRATEGIES)}."
        )
    if not 0.0 <= diversity <= 1.0:
        raise UsageError(f"diversity is {diversity}; expected a number from 0 to 1.")


def example_scores(
    vectors: NDArray[np.floating],
    liked: NDArray[np.floating],
    disliked: NDArray[np.floating],
    strategy: Strategy,
) -> NDArray[np.float64]:
    """Return how well each of n vectors fits the examples, float64 of shape (n,).

    * ``average``: cos(x, q) with q = mean of the liked - 1/2 mean of the disliked (Rocchio,
      Relevance Feedback in Information Retrieval, 1971).
    * ``best``: p = max cos(x, liked), m = max cos(x, disliked); p where p > m, else p - m - 1,
      so that whatever is nearer to a dislike comes after everything else.
    * ``sum``: sum of cos(x, liked) - sum of cos(x, disliked). Without dislikes it orders like
      ``average``.

    All vectors have length 1; ``liked`` is (a, d) with a >= 1, ``disliked`` (b, d).
    """
    if strategy == "best":
        best: NDArray[np.float64] = (vectors @ liked.T).max(axis=1).astype(np.float64)
        if not len(disliked):
            return best
        worst: NDArray[np.float64] = (vectors @ disliked.T).max(axis=1).astype(np.float64)
        return np.where(best > worst, best, best - worst - 1.0)
    direction = _direction(liked, disliked, strategy)
    scores = vectors @ direction
    if strategy == "average":
        length = float(np.linalg.norm(direction))
        scores = scores / length if length > 0 else scores
    return scores.astype(np.float64)


def _direction(
    liked: NDArray[np.floating], disliked: NDArray[np.floating], strategy: Strategy
) -> NDArray[np.floating]:
    if strategy == "average":
        away = disliked.mean(axis=0) if len(disliked) else 0.0
        direction: NDArray[np.floating] = liked.mean(axis=0) - _DISLIKED_SHARE * away
        return direction
    total: NDArray[np.floating] = liked.sum(axis=0) - disliked.sum(axis=0)
    return total


def more_like(
    content: Content,
    liked: NDArray[np.float32],
    disliked: NDArray[np.float32],
    *,
    k: int,
    strategy: Strategy = "average",
    diversity: float = 0.0,
    without: NDArray[np.int64],
) -> Alike:
    """Return the ``k`` items that fit the examples best, without some.

    Candidates are the items nearest to what the strategy looks for: five times ``k``, at least
    50, and as many more as are to be left out; all are scored with their full vectors.

    Raises:
        UsageError: no such strategy, no liked example, or a number out of range.
    """
    check_wish(len(liked), k, strategy, diversity)
    if strategy == "best":
        queries = liked
    else:
        direction = _direction(liked, disliked, strategy)
        length = max(float(np.linalg.norm(direction)), 1e-12)
        queries = (direction / length)[None].astype(np.float32)
    depth = max(_LEAST_CANDIDATES, _CANDIDATES_PER_K * k) + len(without)
    near = content.nearest(queries, depth)
    candidates = np.unique(np.concatenate([items for items, _ in near]))
    items, vectors = content.vectors(np.setdiff1d(candidates, without))
    scores = example_scores(vectors, liked, disliked, strategy)
    chosen = diversified(scores, vectors, k, diversity)
    nearest = np.argmax(vectors[chosen] @ liked.T, axis=1) if len(chosen) else chosen
    return Alike(items[chosen], scores[chosen], nearest.astype(np.int64))
