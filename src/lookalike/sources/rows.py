"""The rows of a table file, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lookalike.errors import TableError

__all__ = ["TABLE_SUFFIXES", "Row", "RowReader", "open_rows"]

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


def open_rows(path: Path) -> RowReader:
    """Return the reader for a table file, by the ending of its name."""
    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv"}:
        from .csv_rows import CsvRows

        return CsvRows(path)
    if suffix in {".jsonl", ".ndjson"}:
        from .json_rows import JsonRows

        return JsonRows(path)
    if suffix == ".parquet":
        from .parquet_rows import ParquetRows

        return ParquetRows(path)
    known = ", ".join(sorted(TABLE_SUFFIXES))
    raise TableError(f"{path} is no table that can be read; known endings are {known}.")
