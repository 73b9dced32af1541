"""CSV and TSV, row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from lookalike.errors import TableError

from .rows import Row
from .values import text_value

__all__ = ["CsvRows"]

_HEAD = 65536
_SAMPLE_LINES = 30
_DELIMITERS = ",;\t|"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_REPLACEMENT = "\ufffd"


class CsvRows:
    """A text table with a header row, in UTF-8 (with or without a mark) or marked UTF-16.

    The separator is the one of ``, ; | tab`` with which the first rows have most often as many
    cells as the header.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def columns(self) -> tuple[str, ...]:
        """Return the names in the header; a name that comes twice gets a number."""
        with self._path.open("rb") as stream:
            _, header = self._begin(stream)
        return header

    def rows(self) -> Iterator[Row]:
        """Yield the rows; ``line`` is the line of the file on which a row ends."""
        with self._path.open("rb") as stream:
            reader, header = self._begin(stream)
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Row(reader.line_num, problem=f"it is not valid CSV ({error})")
                    continue
                if any(cells):
                    yield _row(reader.line_num, header, cells)

    def metadata(self, value: Any) -> Any:
        """Return a cell as a number where it can be nothing else, else as text."""
        return text_value(value)

    def _begin(self, stream: IO[bytes]) -> tuple[Any, tuple[str, ...]]:
        lines = self._lines(stream)
        first = list(islice(lines, _SAMPLE_LINES))
        delimiter = "\t" if self._path.suffix.lower() == ".tsv" else _delimiter(first)
        reader = csv.reader(chain(first, lines), delimiter=delimiter, strict=True)
        try:
            header = next((cells for cells in reader if any(cells)), [])
        except csv.Error as error:
            raise TableError(f"{self._path} cannot be read as CSV: {error}.") from error
        if not any(header):
            raise TableError(f"{self._path} is empty; expected a header row.")
        return reader, _unique([name.strip() for name in header])

    def _lines(self, stream: IO[bytes]) -> Iterator[str]:
        """Yield lines with their ends; bytes that are not UTF-8 become U+FFFD."""
        head = stream.read(_HEAD)
        stream.seek(0)
        if head.startswith(_UTF16_MARKS):
            encoding = "utf-16"
        elif b"\x00" in head:
            raise TableError(f"{self._path} is not a text file.")
        else:
            encoding = "utf-8-sig"
        with io.TextIOWrapper(stream, encoding, errors="replace", newline="") as text:
            yield from text


def _row(line: int, header: tuple[str, ...], cells: list[str]) -> Row:
    if any(cells[len(header) :]):
        return Row(line, problem=f"it has {len(cells)} cells and the header {len(header)}")
    if any(_REPLACEMENT in cell for cell in cells):
        return Row(line, problem="it is not valid UTF-8; save the table as UTF-8")
    padded = cells + [""] * (len(header) - len(cells))
    return Row(line, dict(zip(header, padded, strict=False)))


def _delimiter(lines: list[str]) -> str:
    def fitness(delimiter: str) -> tuple[float, int]:
        try:
            header, *rows = csv.reader(filter(str.strip, lines), delimiter=delimiter)
        except (csv.Error, ValueError):
            return 0.0, 0
        if len(header) < 2:
            return 0.0, 0
        alike = sum(len(row) == len(header) for row in rows)
        return (alike / len(rows) if rows else 1.0), len(header)

    return max(_DELIMITERS, key=fitness)


def _unique(names: list[str]) -> tuple[str, ...]:
    result: list[str] = []
    for position, name in enumerate(names, start=1):
        candidate = wanted = name or f"column_{position}"
        number = 2
        while candidate in result:
            candidate = f"{wanted}_{number}"
            number += 1
        result.append(candidate)
    return tuple(result)
