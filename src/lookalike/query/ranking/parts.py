"""Search among parts of pictures too: a picture is as alike as its most alike part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog.picture_parts import PartBlock, has_parts, part_blocks
from lookalike.errors import UsageError
from lookalike.images.region import Box
from lookalike.index import Neighbours

from .pages import Search

__all__ = ["PartRanking"]


@dataclass(frozen=True, slots=True, eq=False)
class _Best:
    """The best part of each image that has any: ids int64 (n,), ascending; int32 (n, 4)."""

    image_ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    boxes: NDArray[np.int32]


class PartRanking:
    """Ranks images by the cosine of a query with the whole picture or with a part of it.

    The score of an image is the greatest of these; its part is the one whose cosine that is, if
    it is above that of the whole. All parts are compared, which the catalog is read through for.
    """

    def __init__(
        self,
        catalog: Catalog,
        generation: Generation,
        queries: NDArray[np.float32],
        *,
        whole: Search,
        allowed: NDArray[np.int64] | None = None,
    ) -> None:
        """Compare the parts of all images, or of those ``allowed``, with unit queries (n, d).

        ``whole`` searches the whole pictures with the same queries.

        Raises:
            UsageError: no picture of the library has parts.
        """
        self._whole = whole
        with catalog.reading() as connection:
            if not has_parts(connection, generation):
                raise UsageError(
                    "The library holds no parts of pictures. Give them to it with: "
                    "lookalike index FOLDER --parts"
                )
            found = list(_compared(part_blocks(connection, generation, allowed=allowed), queries))
        self._best = [_joined([block[row] for block in found]) for row in range(len(queries))]
        self._boxes: list[dict[int, Box]] = [{} for _ in self._best]

    def search(self, depth: int) -> list[Neighbours]:
        """Return up to ``depth`` images for each query, the most alike first."""
        return [self._merged(row, whole, depth) for row, whole in enumerate(self._whole(depth))]

    def part_of(self, row: int) -> Callable[[int], Box | None]:
        """Return what tells the part of an image that ``search`` has found for a query."""
        return self._boxes[row].get

    def _merged(self, row: int, whole: Neighbours, depth: int) -> Neighbours:
        best = self._best[row]
        if not len(best.image_ids):
            return whole
        # Whoever is not among the first whole pictures has at least so many before it, unless
        # its part is better than the whole of the last of them.
        near = np.argsort(-best.scores, kind="stable")[:depth]
        places = np.searchsorted(best.image_ids, whole.image_ids)
        places = np.minimum(places, len(best.image_ids) - 1)
        here = best.image_ids[places] == whole.image_ids
        own = np.where(here, best.scores[places], -np.inf)
        by_part = own > whole.scores
        scores = np.where(by_part, own, whole.scores).astype(np.float32)
        new = near[np.isin(best.image_ids[near], whole.image_ids, invert=True)]
        for place in [*places[by_part].tolist(), *new.tolist()]:
            left, top, width, height = best.boxes[place].tolist()
            self._boxes[row][int(best.image_ids[place])] = left, top, width, height
        image_ids = np.concatenate([whole.image_ids, best.image_ids[new]])
        scores = np.concatenate([scores, best.scores[new]])
        order = np.lexsort((image_ids, -scores))[:depth]
        return Neighbours(image_ids[order], scores[order])


def _compared(blocks: Iterable[PartBlock], queries: NDArray[np.float32]) -> Iterator[list[_Best]]:
    """Yield the best part of each image of a block, for each query."""
    for block in blocks:
        codes = block.codes.astype(np.float32)
        lengths = np.sqrt(np.vecdot(codes, codes))
        scores = np.clip(codes @ queries.T / np.maximum(lengths, 1e-9)[:, None], -1.0, 1.0)
        firsts = np.flatnonzero(np.append(True, np.diff(block.image_ids) > 0))
        ends = np.append(firsts[1:], len(scores))
        best = []
        for own in scores.T:
            highest = np.maximum.reduceat(own, firsts)
            at_it = np.flatnonzero(own == np.repeat(highest, ends - firsts))
            places = at_it[np.searchsorted(at_it, firsts)]  # the first where several are alike
            best.append(_Best(block.image_ids[firsts], own[places], block.boxes[places]))
        yield best


def _joined(blocks: list[_Best]) -> _Best:
    if not blocks:
        none = np.zeros(0, np.int64)
        return _Best(none, none.astype(np.float32), np.zeros((0, 4), np.int32))
    return _Best(
        np.concatenate([block.image_ids for block in blocks]),
        np.concatenate([block.scores for block in blocks]),
        np.concatenate([block.boxes for block in blocks]),
    )
