"""What users did with the images of a library, as ``library.events``."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from lookalike.catalog.events import (
    KINDS,
    NewEvents,
    add_events,
    count_events,
    events_of,
    find_user,
    forget_user,
)
from lookalike.errors import NotInLibraryError, UsageError
from lookalike.recommendation.event_tables import EventColumns
from lookalike.recommendation.importing import import_events
from lookalike.recommendation.kinds import check_event, kind_number, seconds_of, worth
from lookalike.results import Event, EventCounts, EventImport, Progress

from .finding import Address, find_image
from .session import Session

__all__ = ["Events"]


class Events:
    """The events of a library: add some, import a table, look at a user's, forget a user's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        if self._session.closed:
            return "<Events of a closed library>"
        counts = self.counts()
        return f"<Events {counts.events:,} of {counts.users:,} users>"

    def __len__(self) -> int:
        return self.counts().events

    def __bool__(self) -> bool:
        return True  # no events are events, too

    def counts(self) -> EventCounts:
        """Return how many events there are, of how many users and images, by kind."""
        with self._session.catalog.reading() as connection:
            return count_events(connection)

    def add(
        self,
        user: str,
        item: Address,
        kind: str,
        *,
        weight: float | None = None,
        time: float | datetime | str | None = None,
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

        if not isinstance(user, str) or not user.strip():
            raise UsageError(f"The user is {user!r}; expected a text that is not empty.")
        check_event(kind, weight)
        try:
            when = clock.time() if time is None else seconds_of(time)
        except ValueError as error:
            raise UsageError(f"{time!r} is no time: expected seconds or ISO 8601.") from error
        image_id = find_image(self._session.catalog, item)
        new = NewEvents(
            [user.strip()],
            np.zeros(1, np.int64),
            np.array([image_id], np.int64),
            np.array([kind_number(kind)], np.int64),
            np.array([when], np.float64),
            np.array([np.nan if weight is None else weight], np.float64),
        )
        with (
            self._session.writing(wait=wait, progress=None),
            self._session.catalog.writing() as connection,
        ):
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
        columns = EventColumns(user_column, item_column, kind_column, time_column, weight_column)
        with self._session.writing(wait=wait, progress=progress):
            return import_events(
                self._session.catalog,
                Path(path).expanduser(),
                columns=columns,
                match=match,
                kind=kind,
                kinds=kinds or {},
                progress=progress,
            )

    def of(self, user: str) -> tuple[Event, ...]:
        """Return the events of a user, the oldest first.

        Raises:
            NotInLibraryError: there is no event of such a user.
        """
        with self._session.catalog.reading() as connection:
            user_id = find_user(connection, user)
            if user_id is None:
                raise _unknown(user)
            table = events_of(connection, user_id)
        rows = self._session.catalog.images(table.image_ids.tolist())
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
        with self._session.catalog.reading() as connection:
            known = find_user(connection, user) is not None
        if known:
            with (
                self._session.writing(wait=wait, progress=None),
                self._session.catalog.writing() as connection,
            ):
                return forget_user(connection, user) or 0
        raise _unknown(user)


def _unknown(user: str) -> NotInLibraryError:
    return NotInLibraryError(f"The library has no events of a user {user!r}.")
