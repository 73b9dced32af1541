"""Which column of a table holds the pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lookalike.errors import TableError
from lookalike.images.formats import PICTURE_SUFFIXES

__all__ = ["page_column", "picture_column"]

_PICTURE_NAMES = (
    *("imagepath", "imagefile", "imagefilename", "imagename", "imageurl", "imageuri"),
    *("imagelink", "imagesrc", "image", "img", "imgpath", "imgurl", "imgsrc", "picturepath"),
    *("pictureurl", "picture", "photopath", "photourl", "photo", "thumbnailurl", "thumbnail"),
    *("filepath", "filename", "path", "file", "url", "uri", "src", "location"),
)
_MAYBE_PAGE_NAMES = ("link", "href", "url", "website")
_PAGE_NAMES = ("pageurl", "producturl", "page", "productlink", "weburl", "permalink")
_MOST = 0.5


def picture_column(
    columns: Sequence[str], sample: Sequence[Mapping[str, Any]], named: str | None, table: Path
) -> str:
    """Return the column that was named, or else the one that names and values point to.

    A column with a usual name (image, path, file, url, ...) is taken when most of its values
    in ``sample`` look like pictures; failing that any column of which most do; failing that
    the first with a usual name.

    Raises:
        TableError: there is no such column, or none that looks like one.
    """
    if named is not None:
        return _named(columns, named, table)
    keys = {name: _key(name) for name in columns}
    usual = sorted(
        (name for name in columns if keys[name] in _PICTURE_NAMES),
        key=lambda name: _PICTURE_NAMES.index(keys[name]),
    )
    others = [name for name in columns if name not in usual and keys[name] not in _PAGE_NAMES]
    for name in usual:
        if _share(name, sample, table, strict=False) >= _MOST:
            return name
    for name in others:
        if _share(name, sample, table, strict=True) >= _MOST:
            return name
    if usual:
        return usual[0]
    raise TableError(
        f"{table} has no column that looks like pictures. Name one of its columns "
        f"({', '.join(columns)}) with --image-column, in Python image_column."
    )


def page_column(
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    named: str | None,
    table: Path,
    taken: str,
) -> str | None:
    """Return the column that was named, or one with a usual name for a page, or None.

    One named only link, href, url or website counts when most of its values are web addresses
    and not those of pictures.

    Raises:
        TableError: there is no column of the name that was given.
    """
    if named is not None:
        return _named(columns, named, table)
    keys = {_key(name): name for name in reversed(columns) if name != taken}
    found = next((keys[usual] for usual in _PAGE_NAMES if usual in keys), None)
    if found is not None:
        return found
    maybe = (keys[usual] for usual in _MAYBE_PAGE_NAMES if usual in keys)
    return next((name for name in maybe if _holds_pages(name, sample, table)), None)


def _holds_pages(name: str, sample: Sequence[Mapping[str, Any]], table: Path) -> bool:
    values = [value for row in sample if (value := row.get(name)) not in (None, "")]
    pages = sum(
        isinstance(value, str)
        and value.strip().lower().startswith(("http://", "https://"))
        and not _looks_like_picture(value, table, strict=True)
        for value in values
    )
    return pages > _MOST * len(values)


def _named(columns: Sequence[str], named: str, table: Path) -> str:
    if named in columns:
        return named
    for name in columns:
        if name.casefold() == named.casefold():
            return name
    raise TableError(f"{table} has no column {named!r}; its columns are {', '.join(columns)}.")


def _key(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _share(name: str, sample: Sequence[Mapping[str, Any]], table: Path, *, strict: bool) -> float:
    """Return the share of a column's values, empty ones aside, that look like pictures."""
    values = [value for row in sample if (value := row.get(name)) not in (None, "")]
    like = sum(_looks_like_picture(value, table, strict=strict) for value in values)
    return like / len(values) if values else 0.0


def _looks_like_picture(value: Any, table: Path, *, strict: bool) -> bool:
    """Return whether a value has a picture's ending, or (not ``strict``) is a URL or a file."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    text = value.strip()
    stem = text.partition("?")[0].partition("#")[0]
    if os.path.splitext(stem)[1].lower() in PICTURE_SUFFIXES:  # noqa: PTH122
        return True
    if strict:
        return False
    if text.lower().startswith(("http://", "https://", "file://")):
        return True
    try:
        return (table.parent / text).is_file()
    except (OSError, ValueError):
        return False
