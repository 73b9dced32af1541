"""From the text of a filter to the images of a library that pass it."""

from __future__ import annotations

import difflib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.catalog import Catalog
from lookalike.catalog.columns import UserColumn, user_columns
from lookalike.catalog.following import Following
from lookalike.catalog.tables import images
from lookalike.errors import UsageError
from lookalike.results import Facet

from .facets import facet_of
from .fields import Field, UserField, built_in_fields, compared, say_what
from .label_fields import Labelling, label_fields
from .where import And, Compare, Condition, Name, Not, Or, parse_name, parse_where

__all__ = ["Filters", "Order"]

_REMEMBERED = 8
_RENAMED = {"taught": "label_own"}
_OWN = ("metadata", "meta")
_ROWS_AT_ONCE = 10_000

Keys = tuple[Any, ...]


class Order:
    """What ``sort`` says: a field, and whether its largest value comes first."""

    def __init__(self, text: str) -> None:
        """Read ``price`` or ``-price``.

        Raises:
            UsageError: it names no field.
        """
        self.downwards = text.startswith("-")
        self.name = parse_name(text.removeprefix("-"))

    def sorted(self, rows: Sequence[tuple[int, Keys]]) -> list[int]:
        """Return ids in the order of their keys, those without a key last; ties stay in place."""
        ordered = list(rows)
        width = len(rows[0][1]) if rows else 0
        for place in reversed(range(width)):
            present = [row for row in ordered if row[1][place] is not None]
            absent = [row for row in ordered if row[1][place] is None]
            present.sort(key=lambda row, place=place: row[1][place], reverse=self.downwards)  # type: ignore[misc]
            ordered = present + absent
        return [row[0] for row in ordered]


class Filters:
    """Evaluates filters on one catalog, each once for a state of it.

    ``names`` gives those of the model's classes when it is first asked; ``own`` the labels
    of the user's own. An object may be used from several threads.
    """

    def __init__(
        self,
        catalog: Catalog,
        names: Callable[[], Sequence[str]],
        own: Callable[[], Labelling] | None = None,
    ) -> None:
        self._catalog = catalog
        self._names = names
        self._own = own
        self._lock = threading.Lock()
        self._known: Following[OrderedDict[str, NDArray[np.int64]]]
        self._known = Following(catalog, lambda _before: OrderedDict())

    def allowed(self, where: str) -> NDArray[np.int64]:
        """Return the ids of the images that pass a filter, ascending; not to be written.

        Raises:
            UsageError: it is no filter, or names a field that the library does not have.
        """
        known = self._known()
        with self._lock:
            if where in known:
                known.move_to_end(where)
                return known[where]
        condition = parse_where(where)
        with self._catalog.reading() as connection:
            query = sa.select(images.c.id).where(self._compiled(connection, condition))
            found = _ids(connection, query.order_by(images.c.id))
        with self._lock:
            known[where] = found
            while len(known) > _REMEMBERED:
                known.popitem(last=False)
        return found

    def listed(self, where: str | None, sort: str | None) -> NDArray[np.int64]:
        """Return the ids of the images that pass a filter, in an order; ties as they were added.

        Raises:
            UsageError: as ``allowed``; or ``sort`` names no field.
        """
        condition = None if where is None else parse_where(where)
        order = None if sort is None else Order(sort)
        with self._catalog.reading() as connection:
            query = sa.select(images.c.id)
            if condition is not None:
                query = query.where(self._compiled(connection, condition))
            for key in [] if order is None else self._keys(connection, order.name):
                ranked = key.desc() if order is not None and order.downwards else key.asc()
                query = query.order_by(key.is_(None), ranked)
            return _ids(connection, query.order_by(images.c.id))

    def facet(self, name: str, where: str | None, *, k: int) -> Facet:
        """Return what values a field has among the images that pass; see :func:`facet_of`.

        Raises:
            UsageError: there is no such field, or the filter makes no sense.
        """
        parsed = parse_name(name)
        condition = None if where is None else parse_where(where)
        with self._catalog.reading() as connection:
            passing = sa.true() if condition is None else self._compiled(connection, condition)
            return facet_of(connection, name, self._field(connection, parsed), passing, k=k)

    def sorted(self, image_ids: Sequence[int], sort: str) -> list[int]:
        """Return these ids in the order of a field, ties as they are; without those now gone.

        Raises:
            UsageError: ``sort`` names no field.
        """
        order = Order(sort)
        keys: dict[int, Keys] = {}
        with self._catalog.reading() as connection:
            columns = self._keys(connection, order.name)
            for start in range(0, len(image_ids), _ROWS_AT_ONCE):
                part = list(image_ids[start : start + _ROWS_AT_ONCE])
                query = sa.select(images.c.id, *columns).where(images.c.id.in_(part))
                keys.update((row[0], tuple(row[1:])) for row in connection.execute(query))
        return order.sorted([(one, keys[one]) for one in image_ids if one in keys])

    def _keys(self, connection: sa.Connection, name: Name) -> Sequence[sa.ColumnElement[Any]]:
        keys = self._field(connection, name).keys()
        if not keys:
            raise UsageError(f"Images cannot be sorted by {name}: one may have several.")
        return keys

    def _compiled(self, connection: sa.Connection, condition: Condition) -> sa.ColumnElement[bool]:
        if isinstance(condition, Not):
            return sa.not_(self._compiled(connection, condition.part))
        if isinstance(condition, And | Or):
            join: Callable[..., sa.ColumnElement[bool]]
            join = sa.and_ if isinstance(condition, And) else sa.or_
            return join(*(self._compiled(connection, part) for part in condition.parts))
        field = self._field(connection, condition.name)
        if isinstance(condition, Compare) and isinstance(condition.value, Name):
            other = self._field(connection, condition.value)
            numbers = [
                self._number(*side) for side in ((condition.name, field), (condition.value, other))
            ]
            return compared(numbers[0], condition.operator, numbers[1])
        return field.condition(condition)

    def _number(self, name: Name, field: Field) -> sa.ColumnElement[Any]:
        number = field.number()
        if number is None:
            say_what(name, "no number, and two fields can only be compared as numbers")
        return number

    @cached_property
    def _fields(self) -> dict[str, Field]:
        return built_in_fields() | label_fields(self._names(), self._own)

    def _field(self, connection: sa.Connection, name: Name) -> Field:
        """Return the field of a name: a built-in one, or else a column that some image has."""
        first, *rest = name.parts
        if not rest and first.lower() in self._fields:
            return self._fields[first.lower()]
        ways = _readings(name)
        for way in ways:
            if _is_there(connection, UserColumn(way)):
                return UserField(UserColumn(way))
        if not rest and first.lower() in _RENAMED:
            raise UsageError(f"The field {first} is now {_RENAMED[first.lower()]}.")
        if connection.scalar(sa.select(images.c.id).limit(1)) is None:
            return UserField(UserColumn(ways[0]))  # of an empty library nothing is known
        columns = user_columns(connection)
        same = [
            one for one in columns if (one.casefold(),) == (ways[0][0].casefold(), *ways[0][1:])
        ]
        if len(same) == 1:
            return UserField(UserColumn((same[0],)))
        raise UsageError(self._unknown(name, columns))

    def _unknown(self, name: Name, columns: Sequence[str]) -> str:
        own = [self._written(one) for one in columns]
        near = difflib.get_close_matches(str(name).lower(), [*self._fields, *own], n=3)
        text = f"The library has no field {str(name)!r}."
        if near:
            text += f" Did you mean {' or '.join(near)}?"
        return (
            f"{text} Columns of this library: {', '.join(own) or 'none'}. Of every library: "
            f"{', '.join(self._fields)}. What is meant as a text stands in single quotes."
        )

    def _written(self, column: str) -> str:
        """Return a column of the users' as it has to be written."""
        text = column if column.isidentifier() else '"' + column.replace('"', '""') + '"'
        return f"{_OWN[0]}.{text}" if column.lower() in self._fields else text


def _ids(connection: sa.Connection, query: sa.Select[Any]) -> NDArray[np.int64]:
    found = np.fromiter(connection.scalars(query), dtype=np.int64)
    found.flags.writeable = False
    return found


def _readings(name: Name) -> list[tuple[str, ...]]:
    """Return the columns that a name may mean, the likeliest first."""
    first, *rest = name.parts
    own = [tuple(rest)] if rest and first.lower() in _OWN else []
    ways = [*own, name.parts]
    return [*ways, *((".".join(way),) for way in ways if len(way) > 1)]


def _is_there(connection: sa.Connection, column: UserColumn) -> bool:
    present = sa.select(sa.literal(1)).select_from(images).where(column.exists).limit(1)
    return connection.scalar(present) is not None
