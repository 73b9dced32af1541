"""The rows of a table file, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["TABLE_SUFFIXES", "Row", "RowReader"]

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; ``line`` counts from 1, ``problem`` says why it cannot be used."""

    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


class RowReader(Protocol):
    """Reads one table file, as often as it is asked."""

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns.

        Raises:
            TableError: the file is no table of its kind.
        """

    def rows(self) -> Iterator[Row]:
        """Yield the rows lazily, from the first."""

    def metadata(self, value: Any) -> Any:
        """Return a value of a row as JSON can hold it."""
