"""What users did with the images of a library, as ``library.events``."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .errors import NotInLibraryError, UsageError
from .results import Progress

if TYPE_CHECKING:
    from .catalog import Catalog
    from .catalog.events import EventCounts
    from .recommendation.importing import EventImport

__all__ = ["Event", "Events"]


class _Writing(Protocol):
    def __call__(
        self, *, wait: bool, progress: Callable[[Progress], None] | None
    ) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a user did with an image; ``time`` is in seconds since 1970.

    ``weight`` is what the event counts: its own weight, or that of its kind.
    """

    user: str
    image_id: int
    uri: str
    kind: str
    weight: float
    time: float

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return {name: getattr(self, name) for name in self.__slots__}


class Events:
    """The events of a library: add some, import a table, look at a user's, forget a user's."""

    def __init__(self, catalog: Catalog, writing: _Writing) -> None:
        self._catalog, self._writing = catalog, writing

    def __repr__(self) -> str:
        counts = self.counts()
        return f"<Events {counts.events:,} of {counts.users:,} users>"

    def __len__(self) -> int:
        return self.counts().events

    def __bool__(self) -> bool:
        return True  # no events are events, too

    def counts(self) -> EventCounts:
        """Return how many events there are, of how many users and images, by kind."""
        from .catalog.events import count_events

        with self._catalog.reading() as connection:
            return count_events(connection)

    def add(
        self,
        user: str,
        item: int | str | os.PathLike[str],
        kind: str,
        weight: float | None = None,
        time: float | datetime | str | None = None,
        *,
        wait: bool = True,
    ) -> None:
        """Note that a user viewed, liked, disliked, saved or bought an image.

        ``item`` is an image id, a path or a URL of the library. ``kind`` is ``view``, ``like``,
        ``dislike``, ``save``, ``buy`` or ``custom``; the last needs a ``weight``, the others have
        one. ``time`` is now, or seconds since 1970, a datetime, or ISO 8601 text. The same user,
        item, kind and time is one event: the last weight holds.

        Raises:
            NotInLibraryError: the library holds no such image; nothing is stored.
            UsageError: no such kind, no user, or a weight or time that makes no sense.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        import numpy as np

        from .catalog.events import NewEvents, add_events
        from .recommendation.kinds import check_event, kind_number, seconds_of

        if not isinstance(user, str) or not user.strip():
            raise UsageError(f"The user is {user!r}; expected a text that is not empty.")
        check_event(kind, weight)
        try:
            when = clock.time() if time is None else seconds_of(time)
        except ValueError as error:
            raise UsageError(f"{time!r} is no time: expected seconds or ISO 8601.") from error
        image_id = single_image(self._catalog, item)
        new = NewEvents(
            [user.strip()],
            np.zeros(1, np.int64),
            np.array([image_id], np.int64),
            np.array([kind_number(kind)], np.int64),
            np.array([when], np.float64),
            np.array([np.nan if weight is None else weight], np.float64),
        )
        with self._writing(wait=wait, progress=None), self._catalog.writing() as connection:
            add_events(connection, new)

    def import_table(
        self,
        path: str | os.PathLike[str],
        *,
        user_column: str | None = None,
        item_column: str | None = None,
        kind_column: str | None = None,
        time_column: str | None = None,
        weight_column: str | None = None,
        match: str | None = None,
        kind: str = "view",
        kinds: Mapping[str, str] | None = None,
        wait: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> EventImport:
        """Store the events of a table (CSV, JSON Lines or Parquet), all in one transaction.

        Columns that are not named are guessed from usual names. ``match`` says what the items
        are: ``image_id``, or a column that the table of the images had, such as ``sku``; without
        it they are paths or URLs. ``kind`` is that of tables without a column of kinds, and
        ``kinds`` says what further words of that column mean. Without a column of times all have
        the time 0, so that importing the table again adds nothing.

        Raises:
            SourceNotFoundError, TableError: the table cannot be read; nothing is stored.
            UsageError: no such kind, or no image has metadata of the name ``match``.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        from .recommendation.event_tables import EventColumns
        from .recommendation.importing import import_events

        columns = EventColumns(user_column, item_column, kind_column, time_column, weight_column)
        with self._writing(wait=wait, progress=progress):
            return import_events(
                self._catalog,
                Path(path).expanduser(),
                columns=columns,
                match=match,
                kind=kind,
                kinds=kinds or {},
                progress=progress,
            )

    def of(self, user: str) -> tuple[Event, ...]:
        """Return the events of a user, the oldest first; none for a user who is not known."""
        from .catalog.events import KINDS, events_of, find_user
        from .recommendation.kinds import worth

        with self._catalog.reading() as connection:
            user_id = find_user(connection, user)
            if user_id is None:
                return ()
            table = events_of(connection, user_id)
        rows = self._catalog.images(table.image_ids.tolist())
        columns = (table.image_ids, table.kinds, worth(table), table.times)
        return tuple(
            Event(user, image_id, rows[image_id].uri, KINDS[kind], weight, when)
            for image_id, kind, weight, when in zip(*(c.tolist() for c in columns), strict=True)
            if image_id in rows
        )

    def forget(self, user: str, *, wait: bool = True) -> int:
        """Delete all events of a user; return how many there were.

        Raises:
            NotInLibraryError: there is no such user.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        from .catalog.events import find_user, forget_user

        with self._catalog.reading() as connection:
            known = find_user(connection, user) is not None
        if known:
            with self._writing(wait=wait, progress=None), self._catalog.writing() as connection:
                return forget_user(connection, user) or 0
        raise NotInLibraryError(f"The library has no events of a user {user!r}.")


def single_image(catalog: Catalog, item: int | str | os.PathLike[str]) -> int:
    """Return the id of the image that an id, path or URL of a library means.

    Raises:
        NotInLibraryError: there is none.
        UsageError: it is a folder of several, or of another type.
    """
    from .targets import find_targets

    if isinstance(item, bool) or not isinstance(item, int | str | os.PathLike):
        raise UsageError(f"An image is a path, a URL or an id, not {type(item).__name__}.")
    if isinstance(item, int):
        if 0 < item < 2**63 and catalog.images([item]):
            return item
        raise NotInLibraryError(f"The library holds no image with the id {item}.")
    found = find_targets(catalog, os.fspath(item)).image_ids
    if not found:
        raise NotInLibraryError(f"The library holds nothing named {item}.")
    if len(found) > 1 and len(set(catalog.find(os.fspath(item)))) != len(found):
        raise UsageError(f"{item} is a folder of {len(found)} images; name one of them.")
    return found[0]
