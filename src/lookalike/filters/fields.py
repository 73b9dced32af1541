"""What a filter may ask of an image: the fields that are built in, and the users' columns.

A field turns a test into an expression of SQL with bound parameters. Where an image lacks the
field, a test is neither true nor false (SQL's NULL), except the one for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeAlias

import sqlalchemy as sa

from lookalike.catalog.columns import UserColumn, file_name, like
from lookalike.catalog.tables import images
from lookalike.errors import UsageError

from .dates import parse_date
from .where import Compare, Like, Missing, Name, OneOf, Operator, Value

__all__ = [
    "DateField",
    "Expression",
    "Field",
    "NumberField",
    "Test",
    "TextField",
    "UserField",
    "built_in_fields",
    "compared",
    "say_what",
]

Expression: TypeAlias = sa.ColumnElement[Any]
Test: TypeAlias = Compare | OneOf | Like | Missing
"""One comparison of a field, whose value is not another field."""

_MOST_OF_THESE = 100


class Field(Protocol):
    """One field. ``meaning`` is a phrase for people."""

    @property
    def meaning(self) -> str:
        """What it holds, in a few words."""

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Return a test of the field in SQL, or raise ``UsageError`` where it makes no sense."""

    def keys(self) -> Sequence[Expression]:
        """Return what to sort by, one after the other, NULL always last; none if by nothing."""

    def number(self) -> Expression | None:
        """Return the field as a number, to compare it with another field; None if it is none."""


@dataclass(frozen=True, slots=True)
class NumberField:
    """A column of numbers."""

    meaning: str
    column: Expression

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Compare with numbers."""
        if isinstance(test, Missing):
            return self.column.is_(None)
        if isinstance(test, Like):
            say_what(test.name, "a number; compare it with =, < or >")
        if isinstance(test, OneOf):
            return self.column.in_([_number(test.name, value) for value in test.values])
        return compared(self.column, test.operator, _number(test.name, test.value))

    def keys(self) -> Sequence[Expression]:
        """Sort by the number."""
        return (self.column,)

    def number(self) -> Expression | None:
        """Return the column."""
        return self.column


@dataclass(frozen=True, slots=True)
class TextField:
    """A column of texts; ``written`` turns a value into what the column would hold."""

    meaning: str
    column: Expression
    written: Callable[[str], str] = str
    ignores_case: bool = False

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Compare with texts, by the numbers of their characters."""
        if isinstance(test, Missing):
            return self.column.is_(None)
        if isinstance(test, Like):
            ignore_case = test.ignore_case or self.ignores_case
            return like(self.column, test.pattern, ignore_case=ignore_case)
        if isinstance(test, OneOf):
            return self.column.in_([self.written(_text(test.name, one)) for one in test.values])
        return compared(self.column, test.operator, self.written(_text(test.name, test.value)))

    def keys(self) -> Sequence[Expression]:
        """Sort by the text."""
        return (self.column,)

    def number(self) -> Expression | None:
        """Return None: texts are compared with texts."""
        return None


@dataclass(frozen=True, slots=True)
class DateField:
    """A column of times, in ``second`` parts of a second since 1970."""

    meaning: str
    column: Expression
    second: int

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Compare with dates: ``=`` a day is at any time of it, ``>`` a day is after its end."""
        if isinstance(test, Missing):
            return self.column.is_(None)
        if isinstance(test, Like):
            say_what(test.name, "a date; compare it with =, < or >, as in >= '2024-05-03'")
        if isinstance(test, OneOf):
            _check_few(test)
            return sa.or_(*(self._compared(test.name, "=", value) for value in test.values))
        return self._compared(test.name, test.operator, test.value)

    def _compared(
        self, name: Name, operator: Operator, value: Value | Name
    ) -> sa.ColumnElement[bool]:
        period = parse_date(value) if isinstance(value, str) else None
        if period is None:
            say_what(name, "a date; write '2024', '2024-05', '2024-05-03' or '2024-05-03 14:00'")
        start, end = (self._stored(time) for time in (period.start, period.end))
        if operator == "=":
            return sa.and_(self.column >= start, self.column < end)
        if operator == "!=":
            return sa.or_(self.column < start, self.column >= end)
        if operator in ("<", ">="):
            return compared(self.column, operator, start)
        return compared(self.column, "<" if operator == "<=" else ">=", end)

    def _stored(self, microseconds: int) -> int | float:
        if self.second == 1:
            return microseconds / 1_000_000
        return microseconds * (self.second // 1_000_000)

    def keys(self) -> Sequence[Expression]:
        """Sort by the time."""
        return (self.column,)

    def number(self) -> Expression | None:
        """Return the time in seconds."""
        return self.column / float(self.second)


@dataclass(frozen=True, slots=True)
class FolderField:
    """The folders that a file is in, near and far; of a URL, what comes before a slash."""

    meaning: str

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Tell whether the uri lies inside a folder."""
        if isinstance(test, OneOf):
            _check_few(test)
            return sa.or_(*(self._inside(test.name, value) for value in test.values))
        if isinstance(test, Compare) and test.operator in ("=", "!="):
            inside = self._inside(test.name, test.value)
            return inside if test.operator == "=" else sa.not_(inside)
        return say_what(test.name, "a folder; write folder = '/photos/2024'; uri has patterns")

    def _inside(self, name: Name, value: Value | Name) -> sa.ColumnElement[bool]:
        from pathlib import Path

        from lookalike.sources import file_url_to_path, path_to_uri

        text = _text(name, value)
        if not text.strip():
            say_what(name, "a folder, and the text is empty")
        if text.lower().startswith("file:"):
            text = str(file_url_to_path(text))
        if not text.lower().startswith(("http://", "https://")):
            text = path_to_uri(Path(text).expanduser())
        inside = text.rstrip("/") + "/"
        return sa.and_(images.c.uri >= inside, images.c.uri < inside[:-1] + "0")  # "0" is "/"+1

    def keys(self) -> Sequence[Expression]:
        """Sort by the uri, which sorts by folder."""
        return (images.c.uri,)

    def number(self) -> Expression | None:
        """Return None: a folder is no number."""
        return None


@dataclass(frozen=True, slots=True)
class UserField:
    """A column of the users': what it is compared with says whether it counts as a number."""

    column: UserColumn
    meaning: str = "a column of your own"

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Compare with numbers, texts, or true and false."""
        if isinstance(test, Missing):
            return self.column.missing
        if isinstance(test, Like):
            return like(self.column.text, test.pattern, ignore_case=test.ignore_case)
        if isinstance(test, OneOf):
            truths = [int(value) for value in test.values if isinstance(value, bool)]
            texts = [value for value in test.values if isinstance(value, str)]
            numbers = [value for value in test.values if not isinstance(value, bool | str)]
            kinds: tuple[tuple[Expression, list[Any]], ...] = (
                (self.column.truth, truths),
                (self.column.text, texts),
                (self.column.number, numbers),
            )
            return sa.or_(*(own.in_(values) for own, values in kinds if values))
        value = test.value
        if isinstance(value, bool):
            if test.operator not in ("=", "!="):
                say_what(test.name, "compared with true or false by = and != only")
            return compared(self.column.truth, test.operator, int(value))
        if isinstance(value, str):
            return compared(self.column.text, test.operator, value)
        return compared(self.column.number, test.operator, _number(test.name, value))

    def keys(self) -> Sequence[Expression]:
        """Sort by number, then what is no number by text."""
        number = self.column.number
        return (number, sa.case((number.is_(None), self.column.text)))

    def number(self) -> Expression | None:
        """Return the column as a number."""
        return self.column.number


def built_in_fields() -> dict[str, Field]:
    """Return the fields that every image has a column for, by their names."""
    return {
        "name": TextField("file name, what follows the last slash", file_name()),
        "folder": FolderField("any folder that the file is in"),
        "uri": TextField("whole path, or the URL of a picture from the web", images.c.uri),
        "url": TextField("address that opens the picture", images.c.url),
        "page_url": TextField("page that belongs to the picture", images.c.page_url),
        "width": NumberField("width in pixels", images.c.width),
        "height": NumberField("height in pixels", images.c.height),
        "size": NumberField("size of the file in bytes", images.c.size),
        "format": TextField("JPEG, PNG, … in any case", images.c.format, _format, True),
        "added": DateField("when it was indexed", images.c.added, 1),
        "modified": DateField("when the file was last changed", images.c.mtime_ns, 10**9),
    }


def compared(
    column: Expression, operator: Operator, value: int | float | str | Expression
) -> sa.ColumnElement[bool]:
    """Return a comparison of a column with a bound value or another column."""
    operators: Mapping[Operator, Callable[[Any, Any], Any]] = {
        "=": lambda left, right: left == right,
        "!=": lambda left, right: left != right,
        "<": lambda left, right: left < right,
        "<=": lambda left, right: left <= right,
        ">": lambda left, right: left > right,
        ">=": lambda left, right: left >= right,
    }
    found: sa.ColumnElement[bool] = operators[operator](column, value)
    return found


def say_what(name: Name, what: str) -> NoReturn:
    """Say what a field is, that was compared with something else.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"{name} (column {name.start + 1} of the filter) is {what}.")


def _number(name: Name, value: Value | Name) -> int | float:
    if isinstance(value, bool | str | Name):
        say_what(name, "a number; write one without quotes")
    return value


def _text(name: Name, value: Value | Name) -> str:
    if not isinstance(value, str):
        say_what(name, "a text; write one in single quotes")
    return value


def _check_few(test: OneOf) -> None:
    if len(test.values) > _MOST_OF_THESE:
        say_what(test.name, f"compared with at most {_MOST_OF_THESE} values at once")


def _format(text: str) -> str:
    name = text.upper().removeprefix(".")
    return {"JPG": "JPEG", "TIF": "TIFF"}.get(name, name)
