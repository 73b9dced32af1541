"""Filters once more, slowly: one image after the other, in plain Python.

Written from the guide's rules and not from the SQL. True, false and None for unknown are combined
as SQL combines them.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from lookalike.catalog import ImageRow
from lookalike.filters.where import And, Compare, Condition, Like, Missing, Name, Not, OneOf, Or

_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
_OPERATORS = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def passes(row: ImageRow, condition: Condition, names: list[str]) -> bool | None:
    """Tell whether an image passes; ``names`` are those of the classes."""
    if isinstance(condition, Not):
        part = passes(row, condition.part, names)
        return None if part is None else not part
    if isinstance(condition, And | Or):
        parts = [passes(row, part, names) for part in condition.parts]
        deciding = isinstance(condition, Or)
        if deciding in parts:
            return deciding
        return None if None in parts else not deciding
    if condition.name.parts == ("label",):
        return _label(row, condition, names)
    if isinstance(condition, Missing):
        return _value(row, condition.name) is None
    if isinstance(condition, Like):
        text = _text(_value(row, condition.name))
        fold = condition.ignore_case or condition.name.parts == ("format",)
        return None if text is None else _like(text, condition.pattern, fold)
    if isinstance(condition, OneOf):
        found = [_equal(row, condition.name, value) for value in condition.values]
        return True if True in found else None if None in found else False
    return _compare(row, condition)


def _compare(row: ImageRow, test: Compare) -> bool | None:
    operator = _OPERATORS[test.operator]
    value = _value(row, test.name)
    if isinstance(test.value, Name):
        left, right = _number(value), _number(_value(row, test.value))
        return None if left is None or right is None else operator(left, right)
    if test.name.parts[0] in ("added", "modified"):
        start, end = _period(str(test.value))
        if test.operator in ("=", "!="):
            return (start <= value < end) == (test.operator == "=")
        return operator(value, start if test.operator in ("<", ">=") else end - 1e-9)
    if test.name.parts == ("folder",):
        inside = row.uri.startswith(str(test.value).rstrip("/") + "/")
        return inside == (test.operator == "=")
    if isinstance(test.value, bool):
        truth = {"true": True, "1": True, "false": False, "0": False}
        known = truth.get((_text(value) or "").lower())
        return None if known is None else operator(known, test.value)
    if isinstance(test.value, str):
        text = _text(value)
        wanted = test.value.upper() if test.name.parts == ("format",) else test.value
        return None if text is None else operator(text, wanted)
    number = _number(value)
    return None if number is None else operator(number, test.value)


def _equal(row: ImageRow, name: Name, value: Any) -> bool | None:
    return _compare(row, Compare(name, "=", value))


def _label(row: ImageRow, test: Any, names: list[str]) -> bool:
    own = [names[index].lower() for index, _ in row.labels]
    if isinstance(test, Missing):
        return not own
    if isinstance(test, Like):
        return any(_like(name, test.pattern, True) for name in own)
    if isinstance(test, OneOf):
        return any(value.lower() in own for value in test.values)
    return (test.value.lower() in own) == (test.operator == "=")


def _like(text: str, pattern: str, ignore_case: bool) -> bool:
    if ignore_case:
        text, pattern = text.casefold(), pattern.casefold()
    parts = [".*" if one == "%" else "." if one == "_" else re.escape(one) for one in pattern]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _value(row: ImageRow, name: Name) -> Any:
    built_in = {
        "name": row.uri.rsplit("/", 1)[-1],
        "uri": row.uri,
        "url": row.url,
        "page_url": row.page_url,
        "width": row.width,
        "height": row.height,
        "size": row.size,
        "format": row.format,
        "added": row.added,
        "modified": None if row.mtime_ns is None else row.mtime_ns / 1e9,
        "label_probability": row.labels[0][1] if row.labels else None,
    }
    if len(name.parts) == 1 and name.parts[0] in built_in:
        return built_in[name.parts[0]]
    path = name.parts[1:] if name.parts[0] == "metadata" else name.parts
    value: Any = row.metadata
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _period(text: str) -> tuple[float, float]:
    parts = [int(part) for part in text.split("-")]
    start = datetime(*[*parts, 1, 1][:3])
    if len(parts) == 3:
        end = start + timedelta(days=1)
    elif len(parts) == 2:
        end = (start + timedelta(days=32)).replace(day=1)
    else:
        end = start.replace(year=start.year + 1)
    return start.timestamp(), end.timestamp()
