"""Cells of tables as values that JSON, and so the catalog, can hold."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["json_value", "text_value"]

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]+(?:[eE][+-]?[0-9]{1,2})?")
_DEEPEST = 20


def text_value(cell: str | None) -> str | int | float | None:
    """Return a cell of a text table: a number where it can be nothing else, else the text.

    Codes with leading zeros, signs, spaces or separators stay text; an empty cell is None.

    >>> [text_value(cell) for cell in ("12", "-0.5", "007", "+1", "1,000", "1e5", "")]
    [12, -0.5, '007', '+1', '1,000', '1e5', None]
    """
    if not cell:
        return None
    if _WHOLE.fullmatch(cell):
        return int(cell)
    if _DECIMAL.fullmatch(cell):
        return float(cell)
    return cell


def json_value(value: Any, depth: int = 0) -> Any:
    """Return a value from JSON or Parquet as strict JSON can hold it.

    NaN, infinities and bytes become None, dates ISO 8601 text, other numbers floats; text that
    is not valid Unicode has its bad characters replaced by ``?``.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if depth >= _DEEPEST or isinstance(value, (bytes, bytearray, memoryview)):
        return None
    if isinstance(value, dict):
        return {json_value(str(key)): json_value(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(inner, depth + 1) for inner in value]
    return _special_value(value)


def _special_value(value: Any) -> Any:
    from datetime import date, datetime, time, timedelta
    from decimal import Decimal

    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return json_value(float(value))
    return json_value(str(value))
