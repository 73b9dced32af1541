"""What values a field has among images, with how many images have each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import sqlalchemy as sa

from lookalike.catalog.columns import file_name
from lookalike.catalog.tables import images
from lookalike.results import Facet, ValueCount

from .fields import DateField, Expression, Field, FolderField, NumberField

__all__ = ["Several", "facet_of"]

Passing = sa.ColumnElement[bool]


@runtime_checkable
class Several(Protocol):
    """A field of which an image may have several values."""

    def counts(self, connection: sa.Connection, passing: Passing) -> Mapping[str, int]:
        """Return how many of the images that pass have each value."""

    def without(self) -> Passing:
        """Return whether an image has no value."""


def facet_of(
    connection: sa.Connection, name: str, field: Field, passing: Passing, *, k: int
) -> Facet:
    """Return the ``k`` most frequent values of a field among the images that pass, and its range.

    Of dates there is only the range. ``missing`` counts the images without a value; one with
    several counts for each of them.
    """
    if isinstance(field, Several):
        every = field.counts(connection, passing).items()
        counts = sorted(((one, count) for one, count in every if count), key=_most_first)
        missing = _count(connection, sa.and_(passing, field.without()))
        return Facet(name, "values", tuple(ValueCount(*one) for one in counts[:k]), missing=missing)
    value, number = _value(field), field.number()
    missing = _count(connection, sa.and_(passing, value.is_(None)))
    least = greatest = None
    if number is not None:
        others = _count(connection, sa.and_(passing, value.is_not(None), number.is_(None)))
        if not others:  # some texts among numbers have no range
            bounds = sa.select(sa.func.min(number), sa.func.max(number)).where(passing)
            least, greatest = connection.execute(bounds).one()
    if isinstance(field, DateField):
        return Facet(name, "range", (), least, greatest, missing)
    found = _frequent(connection, value, passing, k)
    ranged = isinstance(field, NumberField) or (least is not None and len(found) == k)
    return Facet(name, "range" if ranged else "values", found, least, greatest, missing)


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _value(field: Field) -> Expression:
    if isinstance(field, FolderField):
        uri = images.c.uri
        return sa.func.substr(uri, 1, sa.func.length(uri) - sa.func.length(file_name()) - 1)
    keys: Sequence[Expression] = field.keys()
    return keys[0] if len(keys) == 1 else sa.func.coalesce(*keys)


def _frequent(
    connection: sa.Connection, value: Expression, passing: Passing, k: int
) -> tuple[ValueCount, ...]:
    count = sa.func.count()
    query = sa.select(value.label("value"), count).where(passing, value.is_not(None))
    query = query.group_by(sa.text("value")).order_by(count.desc(), sa.text("value")).limit(k)
    return tuple(ValueCount(row[0], row[1]) for row in connection.execute(query))


def _count(connection: sa.Connection, passing: Passing) -> int:
    query = sa.select(sa.func.count()).select_from(images).where(passing)
    return connection.scalar(query) or 0
