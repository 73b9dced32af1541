"""Forgetting images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lookalike.errors import UsageError
from lookalike.results import Progress

from .finding import Address, Found, find_all
from .session import Session

__all__ = ["Chosen", "count", "remove"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to go: addresses, a filter, or those of the addresses that pass the filter.

    Raises:
        UsageError: there is neither.
    """

    addresses: Sequence[Address]
    where: str | None = None

    def __post_init__(self) -> None:
        if not self.addresses and self.where is None:
            raise UsageError("Name at least one image or folder to remove, or a filter.")

    def found(self, session: Session) -> Found:
        """Return the images and failures chosen.

        Raises:
            NotInLibraryError: an address names nothing in the library.
            UsageError: the filter makes no sense.
        """
        named = find_all(session.catalog, self.addresses)
        if self.where is None:
            return named
        passing = session.now().filters.allowed(self.where).tolist()
        if not self.addresses:
            return Found(tuple(passing))
        kept = set(passing)
        return Found(tuple(one for one in named.image_ids if one in kept))


def count(session: Session, chosen: Chosen) -> int:
    """Return how many images would go."""
    return len(chosen.found(session).image_ids)


def remove(
    session: Session,
    chosen: Chosen,
    *,
    wait: bool,
    progress: Callable[[Progress], None] | None,
) -> int:
    """See :meth:`lookalike.Library.remove`."""
    with session.writing(wait=wait, progress=progress):
        found = chosen.found(session)
        view = session.now()
        session.catalog.apply(view.generation.id, remove=found.image_ids, forget=found.failed_uris)
        if view.index.needs_rebuild():
            view.index.rebuild(progress, grow=True)
    return len(found.image_ids)
