"""JSON Lines: one JSON object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lookalike.errors import TableError

from .rows import Row
from .values import json_value

__all__ = ["JsonRows"]

_LONGEST_LINE = 16 << 20
_SAMPLE = 100


class JsonRows:
    """A file of JSON objects, one a line; empty lines are skipped."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def columns(self) -> tuple[str, ...]:
        """Return the keys of the first hundred objects."""
        names: dict[str, None] = {}
        problem = "it is empty"
        for row in islice(self.rows(), _SAMPLE):
            names |= dict.fromkeys(row.values)
            problem = row.problem or problem
        if not names:
            raise TableError(f"{self._path} cannot be read as JSON Lines: {problem}.")
        return tuple(names)

    def rows(self) -> Iterator[Row]:
        """Yield the objects with the numbers of their lines."""
        with self._path.open("rb") as stream:
            line = 0
            while data := stream.readline(_LONGEST_LINE):
                line += 1
                if len(data) == _LONGEST_LINE and not data.endswith(b"\n"):
                    yield Row(line, problem=f"it is longer than {_LONGEST_LINE:,} bytes")
                    return
                text = data.removeprefix(b"\xef\xbb\xbf") if line == 1 else data
                if text.strip():
                    yield _row(line, text)

    def metadata(self, value: Any) -> Any:
        """Return a JSON value without NaN and broken characters."""
        return json_value(value)


def _row(line: int, data: bytes) -> Row:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        return Row(line, problem=f"it is not valid JSON ({error})")
    if not isinstance(values, dict):
        return Row(line, problem="it is not a JSON object")
    return Row(line, values)
