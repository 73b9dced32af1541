"""Pictures named by the rows of a table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lookalike.errors import SourceError, SourceNotFoundError, TableError

from .columns import page_column, picture_column
from .folders import item_of_file
from .items import Item, Unreadable
from .paths import file_url_to_path, path_to_uri
from .rows import Row
from .table_files import open_rows
from .values import json_value

__all__ = ["PictureTable"]

_SAMPLE = 100
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://|[A-Za-z]+/)")


class PictureTable:
    """A table file of which one column names pictures, by path or URL.

    Raises:
        TableError: the file is no table, or has no column of pictures.
    """

    def __init__(
        self, path: Path, *, image_column: str | None = None, page_url_column: str | None = None
    ) -> None:
        self._path = path
        try:
            self._reader = open_rows(path)
            columns = self._reader.columns()
            sample = [row.values for row in islice(self._reader.rows(), _SAMPLE)]
        except OSError as error:
            raise TableError(f"{path} cannot be read: {error.strerror or error}.") from error
        self._image = picture_column(columns, sample, image_column, path)
        self._page = page_column(columns, sample, page_url_column, path, self._image)

    def items(self) -> Iterator[Item | Unreadable]:
        """Yield one item for each row, or why it has none."""
        name = path_to_uri(self._path)
        try:
            for row in self._reader.rows():
                yield self._item(row, f"{name}:{row.line}")
        except TableError as error:  # the file breaks off in the middle
            yield Unreadable(name, error)
        except OSError as error:
            yield Unreadable(name, TableError(f"{self._path} cannot be read: {error}."))

    def _item(self, row: Row, row_uri: str) -> Item | Unreadable:
        where = f"line {row.line} of {self._path.name}"
        if row.problem:
            return Unreadable(row_uri, TableError(f"In {where}: {row.problem}."))
        value = row.values.get(self._image)
        if not isinstance(value, str):
            problem = "is empty" if value is None else f"holds a {type(value).__name__}, not text"
            return Unreadable(
                row_uri, TableError(f"In {where}: the column {self._image!r} {problem}.")
            )
        text = value.strip()
        if not text:
            return Unreadable(
                row_uri, TableError(f"In {where}: the column {self._image!r} is empty.")
            )
        return self._resolve(text, row, row_uri, where)

    def _resolve(self, text: str, row: Row, row_uri: str, where: str) -> Item | Unreadable:
        """Return the item that a path or URL in the picture column leads to."""
        if text.startswith("//"):
            text = "https:" + text
        scheme = _SCHEME.match(text)
        kind = scheme[1].lower() if scheme else ""
        page_url, metadata = self._rest(row)
        if kind in {"http", "https"}:
            url = str(json_value(text))
            return Item(uri=url, url=url, page_url=page_url, metadata=metadata)
        uri = row_uri
        try:
            if kind and kind != "file":
                raise SourceError(f"{text[:60]} cannot be read: expected a path or an http URL")
            path = str(file_url_to_path(text)) if kind == "file" else self._local(text)
            uri = path_to_uri(path)
            found = item_of_file(path, os.stat(path))  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            error: SourceError = SourceNotFoundError(f"There is no such file ({where}).")
        except OSError as reason:
            error = SourceError(f"The file cannot be read: {reason.strerror} ({where}).")
        except SourceError as reason:
            error = SourceError(f"{str(reason).rstrip('.')} ({where}).")
        except ValueError as reason:  # NUL or characters that no file name can have
            uri = row_uri
            error = SourceError(f"This is no file name: {reason} ({where}).")
        else:
            return Item(
                found.uri, found.url, found.path, found.size, found.mtime_ns, page_url, metadata
            )
        return Unreadable(uri, error)

    def _local(self, text: str) -> str:
        path = os.path.normpath(os.path.join(self._path.parent, text))
        if "\\" in text and os.sep == "/" and not os.path.lexists(path):
            path = os.path.normpath(  # a table written under Windows
                os.path.join(self._path.parent, text.replace("\\", "/"))
            )
        return path

    def _rest(self, row: Row) -> tuple[str | None, dict[str, Any]]:
        page = row.values.get(self._page) if self._page is not None else None
        metadata = {
            str(json_value(name)): self._reader.metadata(value)
            for name, value in row.values.items()
            if name not in (self._image, self._page)
        }
        page_url = str(json_value(page)).strip() if page not in (None, "") else None
        return page_url or None, metadata
