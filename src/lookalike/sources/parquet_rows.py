"""Parquet, batch by batch, through Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lookalike.errors import TableError

from .rows import Row
from .values import json_value

__all__ = ["ParquetRows"]

_MARK = b"PAR1"
_BATCH = 1024


class ParquetRows:
    """A Parquet file; ``line`` of a row is its number, counted from 1."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(self._open().schema.names)

    def rows(self) -> Iterator[Row]:
        """Yield the rows, reading a batch of about a thousand at a time."""
        batches = iter(self._open())
        line = 0
        while True:
            try:
                batch = next(batches)
            except StopIteration:
                return
            except BaseException as error:
                raise self._broken(error) from error
            names = batch.column_names
            columns = [batch.column(name).to_pylist() for name in names]
            for values in zip(*columns, strict=True):
                line += 1
                yield Row(line, dict(zip(names, values, strict=True)))

    def metadata(self, value: Any) -> Any:
        """Return an Arrow value as JSON can hold it."""
        return json_value(value)

    def _open(self) -> Any:
        from arro3.io import read_parquet

        self._check_marks()
        try:
            return read_parquet(self._path, batch_size=_BATCH)
        except BaseException as error:
            raise self._broken(error) from error

    def _check_marks(self) -> None:
        """Refuse what is no whole Parquet file before the reader, written in Rust, panics."""
        with self._path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            head = stream.read(4)
            stream.seek(max(0, size - 8))
            tail = stream.read(8)
        footer = int.from_bytes(tail[:4], "little")
        if head != _MARK or tail[4:] != _MARK or footer + 12 > size:
            raise TableError(f"{self._path} is not a Parquet file, or it is cut off.")

    def _broken(self, error: BaseException) -> BaseException:
        """Return the error to raise; a panic of the reader is no Exception in Python."""
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            reason = " ".join(str(error).split())[:200]
            return TableError(f"{self._path} cannot be read as Parquet: {reason}.")
        return error
