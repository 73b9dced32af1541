"""The users' own columns in SQL: what is in the metadata of an image, as numbers and as texts.

This file speaks the dialect of SQLite (``json_extract``, ``json_each``, ``glob`` and functions of
Python's that every connection is given). PostgreSQL has its own words for the same things.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from .tables import images

__all__ = ["UserColumn", "add_functions", "file_name", "like", "one_of", "user_columns"]

Expression: TypeAlias = sa.ColumnElement[Any]

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_LARGEST = 2**63
_ODD = re.compile(r"[\"\\\x00-\x1f\ud800-\udfff]")
_MOST_COLUMNS = 1000


def number_in(text: str | None) -> int | float | None:
    """Return the number that a text is as a whole, or None.

    >>> number_in("19.90"), number_in(" 7 "), number_in("7 pieces")
    (19.9, 7, None)
    """
    if text is None or not _NUMBER.fullmatch(text):
        return None
    try:
        whole = int(text)
    except ValueError:
        value = float(text)
    else:
        if -_LARGEST <= whole < _LARGEST:
            return whole
        value = float(whole) if len(text) < 300 else float(text)
    return value if abs(value) != float("inf") else None


def folded(text: str | None) -> str | None:
    """Return a text without the difference between large and small letters."""
    return None if text is None else text.casefold()


def name_in(uri: str) -> str:
    """Return what follows the last slash of a uri."""
    return uri.rpartition("/")[2]


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the expressions of this file call."""
    connection.create_function("lookalike_number", 1, number_in, deterministic=True)
    connection.create_function("lookalike_name", 1, name_in, deterministic=True)
    connection.create_function("lookalike_folded", 1, folded, deterministic=True)


@dataclass(frozen=True, slots=True)
class UserColumn:
    """A column of the users', or what lies inside one: ``("camera", "iso")``."""

    path: tuple[str, ...]

    @property
    def number(self) -> Expression:
        """Its value as a number: also of a text that is one; true is 1 and false 0."""
        value = self._value
        return sa.case(
            (sa.func.typeof(value) == "text", sa.func.lookalike_number(value)), else_=value
        )

    @property
    def text(self) -> Expression:
        """Its value as a text: numbers in digits, lists and objects as JSON."""
        kind = self._type
        return sa.case(
            (kind == "true", "true"), (kind == "false", "false"), else_=self._value.cast(sa.Text)
        )

    @property
    def truth(self) -> Expression:
        """1 for true and 0 for false, be they JSON's, texts, or the numbers themselves."""
        lower = sa.func.lookalike_folded(self.text)
        return sa.case((lower.in_(["true", "1"]), 1), (lower.in_(["false", "0"]), 0))

    @property
    def missing(self) -> sa.ColumnElement[bool]:
        """Whether there is no value."""
        return self._value.is_(None)

    @property
    def exists(self) -> sa.ColumnElement[bool]:
        """Whether an image has the column at all, if only with null in it."""
        return self._type.is_not(None)

    @property
    def _value(self) -> Expression:
        return self._reached("value")

    @property
    def _type(self) -> Expression:
        return self._reached("type")

    def _reached(self, what: str) -> Expression:
        found: Expression = images.c.metadata
        for place, key in enumerate(self.path):
            wanted = what if place == len(self.path) - 1 else "value"
            if _ODD.search(key):  # which the paths of SQLite cannot name
                each = sa.func.json_each(found).table_valued("key", "value", "type")
                query = sa.select(each.c[wanted]).where(each.c.key == key).limit(1)
                found = query.correlate(images).scalar_subquery()
            elif wanted == "value":
                found = sa.func.json_extract(found, f'$."{key}"')
            else:
                found = sa.func.json_type(found, f'$."{key}"')
        return found


def user_columns(connection: sa.Connection) -> tuple[str, ...]:
    """Return the names of the users' columns, in the order of the alphabet. Reads all images."""
    each = sa.func.json_each(images.c.metadata).table_valued("key")
    query = sa.select(each.c.key).select_from(images.join(each, sa.true()))
    query = query.distinct().order_by(each.c.key).limit(_MOST_COLUMNS)
    return tuple(str(key) for key in connection.scalars(query))


def one_of(ids: Iterable[int]) -> sa.Select[Any]:
    """Return a query of these numbers, however many, as one bound value."""
    each = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
    return sa.select(each.c.value)


def like(text: Expression, pattern: str, *, ignore_case: bool) -> sa.ColumnElement[bool]:
    """Return whether a text is of a pattern, in which % is any text and _ any character."""
    if ignore_case:
        text, pattern = sa.func.lookalike_folded(text), pattern.casefold()
    return sa.func.glob(_glob(pattern), text) == 1


def _glob(pattern: str) -> str:
    """Return a pattern of LIKE as one of GLOB, which in SQLite tells letters' cases apart."""
    return "".join(
        {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}.get(letter, letter)
        for letter in pattern
    )


def file_name() -> Expression:
    """Return what follows the last slash of a uri."""
    return sa.func.lookalike_name(images.c.uri)
