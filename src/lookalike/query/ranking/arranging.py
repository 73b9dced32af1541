"""From a ranking to the hits that are shown: copies folded into one, and hits that differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Connection, Generation
from lookalike.catalog.fingerprints import fingerprints_of
from lookalike.catalog.image_vectors import vectors_of_images
from lookalike.index import Neighbours

from .diversity import diversified
from .folding import stand_ins
from .pages import Search, deepening, pages_by_score, part

__all__ = ["Arranged", "Arranging"]

_LEAST_CANDIDATES = 50
_CANDIDATES_PER_K = 5

Keep = Callable[[Neighbours], Neighbours]
"""Leaves out what does not reach the bounds of the search."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """Images in the order to show them, and by the id of one the images folded into it."""

    shown: Neighbours
    repeats: Mapping[int, Neighbours] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arranging:
    """How the images found become a page of hits.

    With ``fold`` each picture is shown once, see :func:`.folding.stand_ins`, and counts once. With
    a ``diversity`` above 0 the first max(50, 5 k) of the ranking are put in the order of maximal
    marginal relevance, see :func:`.diversity.diversified`; what follows them stays as it is, so
    that pages of one size share nothing.
    """

    catalog: Catalog
    generation: Generation
    fold: bool = False
    diversity: float = 0.0

    def pages(self, search: Search, keep: Keep, *, k: int, offset: int) -> list[Arranged]:
        """Return the ``k`` to show after the first ``offset``, for each query.

        With ``fold`` the search goes deeper until there are enough different pictures, and no
        copy of one of them in the second half of what was found: farther down there may still
        be one, of so many edits that it looks like something else.
        """
        if not self.fold and not self.diversity:
            plain = pages_by_score(search, k=k, offset=offset)
            return [Arranged(keep(one)) for one in plain]
        pool = max(_LEAST_CANDIDATES, _CANDIDATES_PER_K * k) if self.diversity else 0
        wanted = max(pool, offset + k)
        first = max(pool, 2 * k, _LEAST_CANDIDATES)
        done: dict[int, Arranged] = {}
        for depth, rankings in deepening(search, first):
            for query, ranking in enumerate(rankings):
                if query in done:
                    continue
                kept = keep(ranking)
                over = len(ranking) < depth or len(kept) < len(ranking)
                arranged = self.folded(kept)
                if over or _settled(kept, arranged, wanted):
                    done[query] = arranged
            if len(done) == len(rankings):
                break
        return [self._page(done[query], pool, slice(offset, offset + k)) for query in sorted(done)]

    def folded(self, ranking: Neighbours) -> Arranged:
        """Return a ranking with each picture once, if that is wished."""
        if not self.fold or not len(ranking):
            return Arranged(ranking)
        with self.catalog.reading() as connection:
            found = fingerprints_of(connection, ranking.image_ids)
            ids = found.image_ids
            standing = stand_ins(
                found.contents,
                found.looks,
                lambda places: self._vectors(connection, ids[places]),
            )
        scores = ranking.scores[np.isin(ranking.image_ids, ids)]  # without those now gone
        places = np.arange(len(ids))
        own = standing == places
        repeats = {
            int(ids[leader]): Neighbours(ids[rows], scores[rows])
            for leader in np.unique(standing[~own]).tolist()
            for rows in [np.flatnonzero((standing == leader) & ~own)]
        }
        return Arranged(Neighbours(ids[own], scores[own]), repeats)

    def _page(self, arranged: Arranged, pool: int, page: slice) -> Arranged:
        shown = arranged.shown
        candidates = part(shown, slice(0, pool))
        if len(candidates):
            with self.catalog.reading() as connection:
                vectors = self._vectors(connection, candidates.image_ids)
            order = diversified(candidates.scores, vectors, len(vectors), self.diversity)
            order = np.concatenate([order, np.arange(len(order), len(shown))])
            shown = Neighbours(shown.image_ids[order], shown.scores[order])
        return Arranged(part(shown, page), arranged.repeats)

    def _vectors(self, connection: Connection, image_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of images, in their order; zeros for those that have none."""
        known, found = vectors_of_images(connection, self.generation, image_ids)
        vectors = np.zeros((len(image_ids), self.generation.dimensions), np.float32)
        present = np.isin(image_ids, known)
        vectors[present] = found[np.searchsorted(known, image_ids[present])]
        return vectors


def _settled(ranking: Neighbours, arranged: Arranged, wanted: int) -> bool:
    """Tell whether enough is left of a ranking, and its second half holds no copy of that."""
    if len(arranged.shown) < wanted:
        return False
    shown = arranged.shown.image_ids[:wanted].tolist()
    copies = [arranged.repeats[one].image_ids for one in shown if one in arranged.repeats]
    later = ranking.image_ids[len(ranking) // 2 :]
    return not copies or not np.isin(np.concatenate(copies), later).any()
