"""Tables of events: which column is what, and what its rows say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.catalog.events import KINDS
from lookalike.errors import SourceNotFoundError, TableError, UsageError
from lookalike.sources.rows import Row
from lookalike.sources.table_files import open_rows

from .kinds import check_event, kind_number, kind_of_word, seconds_of

__all__ = ["EventColumns", "ReadEvents", "read_events"]

_USUAL = {
    "user": (
        *("userid", "user", "username", "customerid", "customer", "visitorid", "visitor"),
        *("accountid", "account", "memberid", "member", "sessionid", "session", "uid", "person"),
    ),
    "item": (
        *("imageid", "image", "item", "itemid", "uri", "url", "imageurl", "path", "picture"),
        *("productid", "product", "sku", "articleid", "article", "asset", "assetid", "file"),
    ),
    "kind": ("kind", "event", "eventtype", "eventname", "type", "action", "interaction"),
    "time": ("time", "timestamp", "ts", "datetime", "date", "eventtime", "createdat", "when"),
    "weight": ("weight", "strength"),
}
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class EventColumns:
    """The names of a table's columns; None is guessed from usual names."""

    user: str | None = None
    item: str | None = None
    kind: str | None = None
    time: str | None = None
    weight: str | None = None


@dataclass(slots=True)
class ReadEvents:
    """What a table says, one entry for each row that could be read.

    ``users`` and ``items`` are the distinct names; the codes are places in them. ``problems``
    are the first reasons why rows could not be read, ``failed`` is how many could not.
    """

    item_column: str
    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    user_codes: list[int] = field(default_factory=list)
    item_codes: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    failed: int = 0
    problems: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.user_codes)

    def add(self, user: str, item: str, kind: int, time: float, weight: float) -> None:
        """Note one event."""
        self.user_codes.append(self.users.setdefault(user, len(self.users)))
        self.item_codes.append(self.items.setdefault(item, len(self.items)))
        self.kinds.append(kind)
        self.times.append(time)
        self.weights.append(weight)

    def fail(self, line: int, reason: str) -> None:
        """Note a row that cannot be read."""
        self.failed += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(f"line {line}: {reason}")


def read_events(
    path: Path,
    *,
    columns: EventColumns,
    kind: str,
    kinds: Mapping[str, str],
    seen: Callable[[int], None] = lambda _rows: None,
) -> ReadEvents:
    """Read a table of events.

    ``kind`` is that of the rows where there is no column of kinds; ``kinds`` says what words of
    that column mean, beside those that are known. ``seen`` hears now and then of how many rows
    have been read.

    Raises:
        SourceNotFoundError: there is no such file.
        TableError: the file is no table, breaks off, or lacks a column.
        UsageError: there is no such kind of event.
    """
    kind_number(kind)
    for meant in kinds.values():
        kind_number(meant)
    if not path.exists():
        raise SourceNotFoundError(f"There is no file {path}.")
    try:
        reader = open_rows(path)
        named = _columns(reader.columns(), columns, path)
        words = {word.casefold(): kind_number(meant) for word, meant in kinds.items()}
        parse = _Parser(named, kind, words)
        found = ReadEvents(item_column=named["item"] or "")
        for number, row in enumerate(reader.rows(), start=1):
            parse(row, found)
            if number % 50_000 == 0:
                seen(number)
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}.") from error
    return found


def _columns(present: Sequence[str], wanted: EventColumns, path: Path) -> dict[str, str | None]:
    keys = {"".join(c for c in name.casefold() if c.isalnum()): name for name in reversed(present)}
    found: dict[str, str | None] = {}
    for role, usual in _USUAL.items():
        named = getattr(wanted, role)
        if named is not None and named not in present:
            raise TableError(f"{path} has no column {named!r}; its columns are {_list(present)}.")
        found[role] = named or next((keys[key] for key in usual if key in keys), None)
    for role in ("user", "item"):
        if found[role] is None:
            raise TableError(
                f"{path} has no column that looks like the {role}. Name one of its columns "
                f"({_list(present)}) with --{role}-column, in Python {role}_column."
            )
    return found


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


class _Parser:
    """Turns rows into events; a row that says something impossible is noted with its reason."""

    def __init__(self, columns: Mapping[str, str | None], kind: str, words: dict[str, int]) -> None:
        self._user, self._item = columns["user"], columns["item"]
        self._kind, self._time = columns["kind"], columns["time"]
        self._weight = columns["weight"]
        self._default = kind_number(kind)
        self._words = words

    def __call__(self, row: Row, found: ReadEvents) -> None:
        if row.problem:
            found.fail(row.line, row.problem)
            return
        values = row.values
        try:
            user, item = _name(values.get(self._user or "")), _name(values.get(self._item or ""))
            if not user or not item:
                raise ValueError(f"it names no {'user' if not user else 'item'}")
            kind = self._default if self._kind is None else self._number(values.get(self._kind))
            when = 0.0 if self._time is None else _time(values.get(self._time))
            weight = _weight(None if self._weight is None else values.get(self._weight))
            if weight == weight or kind == _CUSTOM:
                check_event(KINDS[kind], None if np.isnan(weight) else weight)
        except UsageError as error:
            found.fail(row.line, str(error).rstrip("."))
        except (ValueError, OverflowError) as error:
            found.fail(row.line, str(error))
        else:
            found.add(user, item, kind, when, weight)

    def _number(self, value: Any) -> int:
        word = "" if value is None else str(value).strip()
        number = self._words.get(word.casefold())
        if number is None:
            kind = kind_of_word(word)
            if kind is None:
                raise ValueError(f"the kind {word!r} is not known")
            number = self._words[word.casefold()] = kind_number(kind)
        return number


_CUSTOM = KINDS.index("custom")


def _name(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():  # a column of numbers with gaps
        return str(int(value))
    return "" if value is None else str(value)


def _time(value: Any) -> float:
    try:
        return seconds_of(value)
    except ValueError:
        raise ValueError(f"{value!r} is no time") from None


def _weight(value: Any) -> float:
    if value is None or value == "":
        return float("nan")
    try:
        weight = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is no weight") from None
    if weight != weight:
        raise ValueError("the weight is no number")
    return weight
