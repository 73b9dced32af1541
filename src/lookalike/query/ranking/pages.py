"""Pages of a ranking, such that no image is on two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lookalike.index import Neighbours

__all__ = ["Search", "deepening", "pages_by_score", "part"]

Search = Callable[[int], list[Neighbours]]
"""Returns so many neighbours for each of some queries, or fewer where there are no more."""

_STEP = 4


def pages_by_score(search: Search, *, k: int, offset: int) -> list[Neighbours]:
    """Return the ``k`` neighbours after the first ``offset``, for each query.

    A deeper search of a large index looks more closely, and may find an image that a shallow one
    has missed: cut out of two searches of different depths, two pages might share an image or
    lose one between them. So the ranking is put together from searches for k, 4 k, 16 k and so
    on, each of which adds what those before it have not found. Whatever the offset, the first of
    them are the same, and all pages of one size are cut out of one ranking.
    """
    for depth, rankings in deepening(search, k):
        if depth >= offset + k or all(len(one) < depth for one in rankings):
            break
    return [part(one, slice(offset, offset + k)) for one in rankings]


def deepening(search: Search, first: int) -> Iterator[tuple[int, list[Neighbours]]]:
    """Yield depths, ``first`` and then four times as deep each time, and the rankings down to it.

    Each ranking begins with the one before it. It is shorter than the depth when there is no
    more to find.
    """
    depth, rankings = first, search(first)
    while True:
        yield depth, rankings
        depth *= _STEP
        rankings = [
            _continued(one, deeper, depth)
            for one, deeper in zip(rankings, search(depth), strict=True)
        ]


def _continued(ranking: Neighbours, deeper: Neighbours, depth: int) -> Neighbours:
    new = np.isin(deeper.image_ids, ranking.image_ids, invert=True)
    return Neighbours(
        np.concatenate([ranking.image_ids, deeper.image_ids[new]])[:depth],
        np.concatenate([ranking.scores, deeper.scores[new]])[:depth],
    )


def part(ranking: Neighbours, rows: slice) -> Neighbours:
    """Return some rows of a ranking."""
    return Neighbours(ranking.image_ids[rows], ranking.scores[rows])
