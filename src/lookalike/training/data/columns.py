"""Which columns of a table hold pictures, labels, and whether two pictures match."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from lookalike.errors import TableError, TrainingDataError
from lookalike.sources.columns import picture_column
from lookalike.sources.items import Item
from lookalike.sources.table_files import open_rows
from lookalike.sources.tables import PictureTable

from .samples import Kind

__all__ = ["Columns", "find_columns", "truth"]

_LABEL_NAMES = (
    *("label", "labels", "class", "classname", "classlabel", "classid", "category"),
    *("categoryname", "categoryid", "target", "species", "breed", "variety", "group"),
    *("groupid", "identity", "identityid", "item", "itemid", "product", "productid"),
    *("sku", "type", "kind", "tag", "name"),
)
_MATCH_NAMES = (
    *("same", "issame", "match", "ismatch", "matches", "matching", "duplicate"),
    *("isduplicate", "similar", "issimilar", "positive", "equal"),
)
_MAYBE_MATCH_NAMES = ("label", "target", "y", "class")
_SIDE_WORDS = re.compile(r"[0-9_\W]|first|second|left|right|one|two|other|[ab]$")
_TRUE = frozenset({"1", "1.0", "true", "yes", "y", "same", "match", "t"})
_FALSE = frozenset({"0", "0.0", "-1", "false", "no", "n", "different", "f"})
_SAMPLE = 200


@dataclass(frozen=True, slots=True)
class Columns:
    """``picture`` always; then either ``labels``, the first being the class, or a pair's two.

    ``group`` names what has to stay in one part of the division.
    """

    picture: str
    labels: tuple[str, ...] = ()
    second: str | None = None
    match: str | None = None
    group: str | None = None


def find_columns(
    table: Path,
    *,
    kind: Kind | None,
    image_column: str | None,
    label_columns: Sequence[str],
    group_column: str | None = None,
) -> Columns:
    """Return the columns that were named, and guess the others by their names and values.

    Raises:
        TableError: the file is no table, or has no such column or none of pictures.
        TrainingDataError: no column looks like labels, and labels are wanted.
    """
    start = _start_of(table)
    picture = picture_column(start.names, start.rows, image_column, table)
    given = tuple(_named(start, name) for name in label_columns)
    group = None if group_column is None else _named(start, group_column)
    if kind in (None, "pairs"):
        pairs = _pair_columns(start, picture, given, group)
        if pairs is not None:
            return pairs
        if kind == "pairs":
            raise TrainingDataError(
                f"{table} holds no pairs: expected two columns of pictures and one named same "
                f"or match with yes or no; its columns are {', '.join(start.names)}."
            )
    if kind == "unlabelled" or given:
        return Columns(picture, given, group=group)
    guess = _label_column(
        [name for name in start.names if name not in (picture, group)], start.rows
    )
    if guess is not None:
        return Columns(picture, (guess,), group=group)
    if kind is None and len(start.names) == (1 if group is None else 2):
        return Columns(picture, group=group)
    raise TrainingDataError(
        f"{table} has no column that looks like labels. Name one of its columns "
        f"({', '.join(start.names)}) as label column, or ask for training without labels."
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """The columns of a table and its first rows, from which the columns are guessed."""

    table: Path
    names: Sequence[str]
    rows: Sequence[Mapping[str, Any]]


def _start_of(table: Path) -> _Start:
    try:
        reader = open_rows(table)
        names = reader.columns()
        return _Start(table, names, [row.values for row in islice(reader.rows(), _SAMPLE)])
    except OSError as error:
        raise TableError(f"{table} cannot be read: {error.strerror or error}.") from error


def _pair_columns(
    start: _Start, picture: str, given: Sequence[str], group: str | None
) -> Columns | None:
    """Return the columns of a table of pairs, or None when it holds none."""
    others = [name for name in start.names if name not in (picture, group, *given)]
    second = _second_picture(start.table, others)
    match = None if second is None else _match_column(start, picture, second, given)
    if second is None or match is None:
        return None
    if group is not None:
        raise TrainingDataError(
            f"{start.table} holds pairs, which have no groups: pictures that a chain of same "
            "pairs connects stay together anyway."
        )
    return Columns(picture, second=second, match=match)


def truth(value: Any) -> bool | None:
    """Return whether a cell says yes or no, or None when it says neither.

    >>> truth(1), truth("False"), truth("maybe")
    (True, False, None)
    """
    text = str(value).strip().casefold()
    return True if text in _TRUE else False if text in _FALSE else None


def _named(start: _Start, named: str) -> str:
    for name in start.names:
        if name == named or (name.casefold() == named.casefold() and named not in start.names):
            return name
    raise TableError(
        f"{start.table} has no column {named!r}; its columns are {', '.join(start.names)}."
    )


def _key(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _second_picture(table: Path, others: Sequence[str]) -> str | None:
    """Return a further column of which most cells lead to pictures."""
    for name in others:
        found = list(islice(PictureTable(table, image_column=name).items(), _SAMPLE))
        if found and 2 * sum(isinstance(item, Item) for item in found) > len(found):
            return name
    return None


def _match_column(start: _Start, picture: str, second: str, given: Sequence[str]) -> str | None:
    """Return the column that says whether the two pictures of a row belong together."""
    if given:
        return given[0] if _says_yes_or_no(given[0], start.rows) else None
    alike = _SIDE_WORDS.sub("", picture.casefold()) == _SIDE_WORDS.sub("", second.casefold())
    usual = (*_MATCH_NAMES, *_MAYBE_MATCH_NAMES) if alike else _MATCH_NAMES
    keys = {_key(name): name for name in reversed(start.names) if name not in (picture, second)}
    found = (keys[name] for name in usual if name in keys)
    return next((name for name in found if _says_yes_or_no(name, start.rows)), None)


def _says_yes_or_no(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = [value for row in rows if (value := row.get(name)) not in (None, "")]
    return bool(values) and 2 * sum(truth(value) is not None for value in values) > len(values)


def _label_column(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the usual name whose values repeat, or else the first usual name, or None."""
    keys = {_key(name): name for name in reversed(names)}
    usual = [keys[name] for name in _LABEL_NAMES if name in keys]
    for name in usual:
        values = [str(row[name]) for row in rows if row.get(name) not in (None, "")]
        if len(set(values)) < len(values):
            return name
    return usual[0] if usual else None
