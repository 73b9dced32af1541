"""From what a person names to the pictures that are meant."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lookalike.errors import SourceError, SourceNotFoundError, UsageError

from .folders import item_of_file, walk
from .globs import Globs
from .items import Item, Unreadable
from .paths import file_url_to_path
from .rows import TABLE_SUFFIXES
from .tables import PictureTable

__all__ = ["find_items", "is_table"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_Find = Callable[[], Iterator[Item | Unreadable]]


def find_items(
    sources: Sequence[str | Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    image_column: str | None = None,
    page_url_column: str | None = None,
    repeated: Callable[[str], None] | None = None,
) -> Iterator[Item | Unreadable]:
    """Return an iterator over the pictures of folders, files, tables and URLs.

    What is named is looked at before this returns; the pictures are found while iterating.
    Each uri comes once, the first time it is met.

    Args:
        sources: folders, picture files, tables (.csv, .tsv, .jsonl, .ndjson, .parquet),
            file:// URLs, and http(s):// URLs of pictures.
        include: patterns of the files of folders that are wanted; none means all.
        exclude: patterns of the files and folders that are not.
        image_column: the column of tables that holds paths or URLs; guessed when None.
        page_url_column: the column of tables with the address of a page to show for a hit.
        repeated: called with each uri that is met again, and left out.

    Raises:
        SourceNotFoundError: there is no such path.
        TableError: a table cannot be read or has no column of pictures.
        SourceError: the source is of a kind that cannot be read.
        UsageError: a column is named and no table given.
    """
    if isinstance(sources, (str, os.PathLike)):
        sources = [sources]
    globs = Globs.of(include=include, exclude=exclude)
    visited: set[tuple[int, int]] = set()
    finds: list[_Find] = []
    repeats = len(sources) > 1
    tables = False
    for source in sources:
        find, is_table = _plan(source, globs, visited, image_column, page_url_column)
        finds.append(find)
        tables = tables or is_table
    if (image_column or page_url_column) and not tables:
        raise UsageError("A column was named, and none of the sources is a table.")
    return _each_once(finds, repeated) if repeats or tables else finds[0]() if finds else iter(())


def _plan(
    source: str | Path,
    globs: Globs,
    visited: set[tuple[int, int]],
    image_column: str | None,
    page_url_column: str | None,
) -> tuple[_Find, bool]:
    """Return how to find the items of one source, and whether it is a table."""
    text = os.fspath(source)
    if not text.strip():
        raise SourceNotFoundError("A source is an empty text; expected a path or a URL.")
    scheme = _SCHEME.match(text.strip())
    kind = scheme[1].lower() if scheme else ""
    if kind in {"http", "https"}:
        return _one(_item_of_url(text)), False
    if kind == "file":
        text = str(file_url_to_path(text.strip()))
    path = os.path.abspath(_expanded(text))
    try:
        status = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError) as error:
        if kind and kind != "file":
            raise SourceError(
                f"{text}: {kind}:// cannot be read; expected a path or an http(s) URL."
            ) from error
        raise SourceNotFoundError(f"There is no file or folder {text}.") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{text!r} cannot be read: {error}.") from error
    if stat.S_ISDIR(status.st_mode):
        return lambda: walk(path, globs, visited), False
    try:
        item = item_of_file(path, status)
    except SourceError as error:
        raise SourceError(f"{text} cannot be read: it is neither a file nor a folder.") from error
    if is_table(path):
        table = PictureTable(Path(path), image_column=image_column, page_url_column=page_url_column)
        return table.items, True
    return _one(item), False


def is_table(source: str | Path) -> bool:
    """Tell by its name whether a source is a table of pictures.

    >>> is_table("shop/products.CSV"), is_table("shop")
    (True, False)
    """
    return Path(source).suffix.lower() in TABLE_SUFFIXES


def _expanded(text: str) -> str:
    if text.startswith("~") and not os.path.lexists(text):
        return os.path.expanduser(text)
    return text


def _one(item: Item) -> _Find:
    return lambda: iter((item,))


def _item_of_url(text: str) -> Item:
    url = text.strip()
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise SourceError(f"{url} is no URL: {error}.") from error
    if Path(path).suffix.lower() in TABLE_SUFFIXES:
        raise SourceError(f"{url} is a table; download it first and give its path.")
    return Item(uri=url, url=url)


def _each_once(
    finds: Sequence[_Find], repeated: Callable[[str], None] | None
) -> Iterator[Item | Unreadable]:
    """Yield each uri the first time only; hashes are kept, for they are small."""
    seen: set[int] = set()
    for find in finds:
        for item in find():
            key = hash(item.uri)
            if key not in seen:
                seen.add(key)
                yield item
            elif repeated is not None:
                repeated(item.uri)
