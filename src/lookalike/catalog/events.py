"""What people did with images: who viewed, liked or bought which one, and when.

The same user, image, kind and time is one event; when it
comes again, the last weight holds. An event of an image that has been removed stays in the table
and is left out of every answer: ids of images are never given out twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects import postgresql, sqlite

from lookalike.results import EventCounts

from .tables import event_state, event_users, events, images

__all__ = [
    "KINDS",
    "EventTable",
    "NewEvents",
    "add_events",
    "count_events",
    "events_of",
    "events_version",
    "every_event",
    "find_user",
    "forget_user",
    "stored_events",
]

KINDS: tuple[str, ...] = ("view", "like", "dislike", "save", "buy", "custom")
"""The kinds of events; the number stored is the place in here, so new ones go to the end."""

_ROWS_AT_ONCE = 50_000
_NAMES_AT_ONCE = 5_000

_COLUMNS = ("user_id", "image_id", "kind", "time", "weight")


@dataclass(frozen=True, slots=True)
class NewEvents:
    """Events to store: event i is by ``users[user_codes[i]]``.

    ``user_codes``, ``image_ids`` and ``kinds`` (places in ``KINDS``) are int64 of shape (n,);
    ``times`` float64, seconds since 1970; ``weights`` float64, NaN for what the kind is worth.
    """

    users: Sequence[str]
    user_codes: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    kinds: NDArray[np.int64]
    times: NDArray[np.float64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EventTable:
    """Stored events as columns, each of shape (n,); ``weights`` has NaN for the kind's own."""

    user_ids: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    kinds: NDArray[np.int64]
    times: NDArray[np.float64]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.user_ids)


def add_events(connection: sa.Connection, new: NewEvents) -> int:
    """Store events inside a transaction that the caller holds; return how many were new."""
    if not len(new.user_codes):
        return 0
    user_ids = _user_ids(connection, new.users)[new.user_codes]
    before = _count(connection)
    columns = (user_ids, new.image_ids, new.kinds, new.times)
    order = _order_without_repeats(*columns)
    weights = [None if weight != weight else weight for weight in new.weights[order].tolist()]
    values = [column[order].tolist() for column in columns]
    _write(connection, zip(*values, weights, strict=True))
    _raise_version(connection)
    return _count(connection) - before


def _order_without_repeats(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places of the last of each set of equal rows, sorted by the columns."""
    order = np.lexsort(columns[::-1])  # stable: of equal ones the last given comes last
    last = np.ones(len(order), bool)
    if len(order) > 1:
        differs = [column[order][1:] != column[order][:-1] for column in columns]
        last[:-1] = np.logical_or.reduce(differs)
    kept: NDArray[np.int64] = order[last]
    return kept


def _write(connection: sa.Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """Store rows of (user id, image id, kind, time, weight).

    They go to the driver as they are: SQLAlchemy's part would take longer than the database's.
    """
    statement = _upsert(connection).compile(dialect=connection.dialect)
    places = [_COLUMNS.index(name) for name in statement.positiontup or _COLUMNS]
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        if not statement.positional:
            named = [dict(zip(_COLUMNS, row, strict=True)) for row in batch]
            connection.exec_driver_sql(str(statement), named)
            continue
        if places != sorted(places):
            batch = [tuple(row[place] for place in places) for row in batch]
        connection.exec_driver_sql(str(statement), batch)


def _upsert(connection: sa.Connection) -> Any:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(events).values({name: sa.bindparam(name) for name in _COLUMNS})
    return statement.on_conflict_do_update(
        index_elements=["user_id", "image_id", "kind", "time"],
        set_={"weight": statement.excluded.weight},
    )


def _user_ids(connection: sa.Connection, users: Sequence[str]) -> NDArray[np.int64]:
    """Return the id of each user, made where there is none."""
    known = _known_users(connection, users)
    missing = [name for name in dict.fromkeys(users) if name not in known]
    for chunk in _chunks(missing, _ROWS_AT_ONCE):
        connection.execute(sa.insert(event_users), [{"name": name} for name in chunk])
    known |= _known_users(connection, missing)
    return np.fromiter((known[name] for name in users), np.int64, len(users))


def _known_users(connection: sa.Connection, users: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in _chunks(users, _NAMES_AT_ONCE):
        query = sa.select(event_users.c.name, event_users.c.id)
        rows = connection.execute(query.where(event_users.c.name.in_(chunk)))
        found.update((name, user_id) for name, user_id in rows)
    return found


def _chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _raise_version(connection: sa.Connection) -> None:
    raised = connection.execute(sa.update(event_state).values(version=event_state.c.version + 1))
    if raised.rowcount == 0:
        connection.execute(sa.insert(event_state), [{"id": 1, "version": 1}])


def _count(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(events)) or 0


def events_version(connection: sa.Connection) -> int:
    """Return a number that grows with every change of the events; 0 when there are none."""
    return connection.scalar(sa.select(event_state.c.version)) or 0


def find_user(connection: sa.Connection, name: str) -> int | None:
    """Return the id of a user who has an event, or None."""
    return connection.scalar(sa.select(event_users.c.id).where(event_users.c.name == name))


def events_of(connection: sa.Connection, user_id: int) -> EventTable:
    """Return the events of one user with images that are still there, the oldest first."""
    query = _alive().where(events.c.user_id == user_id).order_by(events.c.time, events.c.image_id)
    return _table(connection.execute(query).all())


def every_event(connection: sa.Connection) -> EventTable:
    """Return all events with images that are still there, by user and image."""
    query = _alive().order_by(events.c.user_id, events.c.image_id, events.c.kind, events.c.time)
    return _table(connection.execute(query).all())


def _alive() -> sa.Select[Any]:
    return sa.select(
        events.c.user_id, events.c.image_id, events.c.kind, events.c.time, events.c.weight
    ).where(sa.exists().where(images.c.id == events.c.image_id))


def _table(rows: Sequence[Any]) -> EventTable:
    def whole(column: int) -> NDArray[np.int64]:
        return np.fromiter((row[column] for row in rows), np.int64, len(rows))

    times = np.fromiter((row[3] for row in rows), np.float64, len(rows))
    weights = (math.nan if row[4] is None else row[4] for row in rows)
    worth = np.fromiter(weights, np.float64, len(rows))
    return EventTable(whole(0), whole(1), whole(2), times, worth)


def count_events(connection: sa.Connection) -> EventCounts:
    """Return how many events of images that are still there have been stored."""
    alive = _alive().subquery()
    row = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(alive.c.user_id.distinct()),
            sa.func.count(alive.c.image_id.distinct()),
        )
    ).one()
    kinds = connection.execute(sa.select(alive.c.kind, sa.func.count()).group_by(alive.c.kind))
    named = {KINDS[kind]: number for kind, number in sorted(map(tuple, kinds))}
    return EventCounts(row[0], row[1], row[2], named)


def stored_events(connection: sa.Connection) -> int:
    """Return how many events are stored, those of removed images included: quicker to tell."""
    return _count(connection)


def forget_user(connection: sa.Connection, name: str) -> int | None:
    """Delete a user with all events; return how many, or None when there is no such user."""
    user_id = find_user(connection, name)
    if user_id is None:
        return None
    gone = connection.execute(sa.delete(events).where(events.c.user_id == user_id)).rowcount
    connection.execute(sa.delete(event_users).where(event_users.c.id == user_id))
    _raise_version(connection)
    return gone
