"""The tail: vectors that came after the snapshot, kept in memory and searched exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Changes, Generation, vector_rows

from .scan import Block

__all__ = ["Tail"]

_PAGE = 2048
_MEMORY = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tail:
    """All vectors above ``start``, without those deleted up to the deletion ``sequence``.

    Vectors beyond what may be kept in memory are read from the catalog for every search: slow
    (about 10 ms for a thousand), but only a library without a usable snapshot is in that state.
    """

    generation: Generation
    start: int
    last_id: int
    sequence: int
    blocks: tuple[Block, ...] = ()
    deleted: NDArray[np.int64] | None = None
    """Ids up to ``start`` that were deleted since the snapshot, in ascending order."""
    complete: bool = True

    def __len__(self) -> int:
        """Return the number of vectors held in memory."""
        return sum(
            len(block) if block.alive is None else int(block.alive.sum()) for block in self.blocks
        )

    def advanced(self, catalog: Catalog) -> Tail:
        """Return the tail as the catalog stands now."""
        tail = self
        row = 2 * self.generation.dimensions
        while True:
            room = _MEMORY // row - sum(len(block) for block in tail.blocks)
            limit = min(_PAGE, max(0, room))
            found = catalog.changes_after(
                self.generation.id, tail.last_id, tail.sequence, limit=limit
            )
            tail = tail._with(found)
            if len(found.vector_ids) < limit:
                return tail
            if limit < _PAGE:
                with catalog.reading() as connection:
                    last = vector_rows.last_id(connection, self.generation.id)
                return replace(tail, complete=last <= tail.last_id)

    def _with(self, changes: Changes) -> Tail:
        blocks = self.blocks
        deleted = self.deleted
        if len(changes.deleted):
            blocks = tuple(_without(block, changes.deleted) for block in blocks)
            old = changes.deleted[changes.deleted <= self.start]
            deleted = np.union1d(np.empty(0, np.int64) if deleted is None else deleted, old)
        last_id = self.last_id
        if len(changes.vector_ids):
            last_id = int(changes.vector_ids[-1])
            block = Block(changes.vector_ids, changes.image_ids, changes.vectors)
            blocks = _joined((*blocks, block))
        return replace(
            self, blocks=blocks, deleted=deleted, last_id=last_id, sequence=changes.sequence
        )

    def rest(self, catalog: Catalog) -> Iterator[Block]:
        """Yield what was too much to keep, read from the catalog."""
        if self.complete:
            return
        after = self.last_id
        while True:
            ids, image_ids, vectors = catalog.vectors_after(self.generation.id, after, limit=_PAGE)
            if not len(ids):
                return
            after = int(ids[-1])
            yield Block(ids, image_ids, vectors)


def _without(block: Block, deleted: NDArray[np.int64]) -> Block:
    hit = np.isin(block.vector_ids, deleted)
    if not hit.any():
        return block
    alive = ~hit if block.alive is None else block.alive & ~hit
    return replace(block, alive=alive)


def _joined(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Join the last blocks while the last is not much smaller than the one before it.

    Every vector is copied a logarithmic number of times, and few blocks remain to be searched.
    """
    parts = list(blocks)
    while len(parts) > 1 and len(parts[-1]) * 2 > len(parts[-2]):
        parts[-2:] = [_concatenated(parts[-2], parts[-1])]
    return tuple(parts)


def _concatenated(first: Block, second: Block) -> Block:
    keep = [slice(None) if block.alive is None else block.alive for block in (first, second)]
    return Block(
        np.concatenate([first.vector_ids[keep[0]], second.vector_ids[keep[1]]]),
        np.concatenate([first.image_ids[keep[0]], second.image_ids[keep[1]]]),
        np.concatenate([first.vectors[keep[0]], second.vectors[keep[1]]]),
    )
