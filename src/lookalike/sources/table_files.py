"""Which reader a table file wants."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import TableError

from .csv_rows import CsvRows
from .json_rows import JsonRows
from .parquet_rows import ParquetRows
from .rows import TABLE_SUFFIXES, RowReader

__all__ = ["open_rows"]


def open_rows(path: Path) -> RowReader:
    """Return the reader for a table file, by the ending of its name."""
    suffix = path.suffix.lower()
    if suffix in {".csv", ".tsv"}:
        return CsvRows(path)
    if suffix in {".jsonl", ".ndjson"}:
        return JsonRows(path)
    if suffix == ".parquet":
        return ParquetRows(path)
    known = ", ".join(sorted(TABLE_SUFFIXES))
    raise TableError(f"{path} is no table that can be read; known endings are {known}.")
