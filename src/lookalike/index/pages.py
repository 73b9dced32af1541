"""The vectors of a catalog up to one moment, page by page: what a snapshot is built from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lookalike.catalog import Catalog, Generation, vector_rows

from .scan import Block

__all__ = ["Moment", "pages"]

_PAGE = 4096  # 10 MB at 1280 dimensions


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of the catalog: the last vector and the last deletion that belong to it."""

    max_vector_id: int
    sequence: int

    @classmethod
    def now(cls, catalog: Catalog, generation: Generation) -> Moment:
        """Return the present state."""
        with catalog.reading() as connection:
            return cls(*vector_rows.last_change(connection, generation.id))


def pages(
    catalog: Catalog, generation: Generation, moment: Moment, *, after: int = 0
) -> Iterator[Block]:
    """Yield the vectors above id ``after`` and up to ``moment``, in the order of their ids.

    Each page is a transaction of its own, so writers and the write-ahead log are never held up.
    Vectors deleted meanwhile may be missing: they are in the log of deletions after ``moment``.
    """
    while after < moment.max_vector_id:
        ids, image_ids, vectors = catalog.vectors_after(generation.id, after, limit=_PAGE)
        if not len(ids):
            return
        after = int(ids[-1])
        within = int((ids <= moment.max_vector_id).sum())
        if within:
            yield Block(ids[:within], image_ids[:within], vectors[:within])
