"""Pictures in a folder and everything below it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lookalike.errors import SourceError, SourceNotFoundError
from lookalike.images.formats import HEAD_BYTES, PICTURE_SUFFIXES, sniff

from .globs import Globs
from .items import Item, Unreadable
from .paths import path_to_file_url, path_to_uri

__all__ = ["item_of_file", "walk"]

_SYSTEM_NAMES = frozenset(
    {
        *("thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx", "@eadir", "$recycle.bin"),
        *("#recycle", "@recycle", "lost+found", "system volume information", "icon\r"),
    }
)
_NOT_LOOKED_INTO = frozenset(
    {
        *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".pef", ".srw", ".raf"),
        *(".psd", ".mp4", ".mov", ".txt", ".json", ".xml", ".html", ".py", ".npy", ".zip"),
    }
)
"""Endings of files that are not opened to see whether they are pictures. Raw files of cameras
begin like a TIFF and hold only a small preview that Pillow would take for the picture."""


def walk(root: str, globs: Globs, visited: set[tuple[int, int]]) -> Iterator[Item | Unreadable]:
    """Yield the pictures of a folder, by name, each folder's files before its subfolders.

    Links are followed; ``visited`` holds the device and inode of every folder entered, so
    each is entered once. A file whose ending is of no known kind is taken when its first bytes
    are those of a picture. Folders that cannot be listed come as ``Unreadable``.
    """
    pending = [(root, "")]
    while pending:
        folder, relative = pending.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116 - strings are much faster than Path here
            identity = (status.st_dev, status.st_ino)
            if identity in visited:
                continue
            visited.add(identity)
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Unreadable(
                path_to_uri(folder), SourceError(f"The folder cannot be read: {error.strerror}.")
            )
            continue
        folders = []
        for entry in found:
            if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_NAMES:
                continue
            inner = f"{relative}{entry.name}"
            if _is_folder(entry):
                if globs.enters(inner):
                    folders.append((entry.path, inner + "/"))
            elif globs.wants(inner):
                result = _look_at(entry)
                if result is not None:
                    yield result
        pending += reversed(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: not a folder, and _look_at says what is wrong
        return False


def _look_at(entry: os.DirEntry[str]) -> Item | Unreadable | None:
    """Return what one file is, or None when it is no picture and was never meant to be."""
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122
    named_as_picture = suffix in PICTURE_SUFFIXES
    if not named_as_picture and suffix in _NOT_LOOKED_INTO:
        return None
    try:
        status = entry.stat()
        if not named_as_picture and not _begins_like_picture(entry.path, status):
            return None
        return item_of_file(entry.path, status)
    except FileNotFoundError:
        error: SourceError = SourceNotFoundError("The link leads nowhere.")
    except OSError as reason:
        error = SourceError(f"The file cannot be read: {reason.strerror}.")
    except SourceError as reason:
        error = reason
    return Unreadable(path_to_uri(entry.path), error) if named_as_picture else None


def _begins_like_picture(path: str, status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode) or status.st_size < 3:
        return False
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
        return sniff(stream.read(HEAD_BYTES)) is not None


def item_of_file(path: str, status: os.stat_result) -> Item:
    """Return the item of a regular file.

    Raises:
        SourceError: it is a device, a pipe or a socket, which are never opened.
    """
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("This is not a regular file.")
    return Item(
        uri=path_to_uri(path),
        url=path_to_file_url(path),
        path=Path(path),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
    )
