"""Pages of a ranking, such that no image is on two of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lookalike.index import Neighbours

__all__ = ["Search", "pages_by_score"]

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
    depth = k
    rankings = search(depth)
    while depth < offset + k and any(len(one) == depth for one in rankings):
        depth *= _STEP
        rankings = [
            _continued(one, deeper, depth)
            for one, deeper in zip(rankings, search(depth), strict=True)
        ]
    return [_part(one, slice(offset, offset + k)) for one in rankings]


def _continued(ranking: Neighbours, deeper: Neighbours, depth: int) -> Neighbours:
    new = np.isin(deeper.image_ids, ranking.image_ids, invert=True)
    return Neighbours(
        np.concatenate([ranking.image_ids, deeper.image_ids[new]])[:depth],
        np.concatenate([ranking.scores, deeper.scores[new]])[:depth],
    )


def _part(ranking: Neighbours, part: slice) -> Neighbours:
    return Neighbours(ranking.image_ids[part], ranking.scores[part])
