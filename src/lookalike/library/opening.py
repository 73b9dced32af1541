"""Finding the folder of a library, and opening what is there."""

from __future__ import annotations

import os
from pathlib import Path

from lookalike.errors import LibraryNotFoundError, UsageError
from lookalike.settings import Settings, default_library_path, load_settings

from .library import Library

__all__ = ["open_library"]


def open_library(
    path: str | os.PathLike[str] | None = None,
    *,
    create: bool = True,
    settings: Settings | None = None,
) -> Library:
    """Open the library in a folder, or make one there.

    Without ``path`` it is the one that the settings name, else one in the user's data folder.

    Raises:
        LibraryNotFoundError: there is none and ``create`` is false.
        LibraryTooNewError: it was made by a newer version of Lookalike.
        LibraryBrokenError: what is there is damaged.
        UsageError: the folder holds other things than a library.

    >>> import tempfile, lookalike
    >>> with lookalike.open(tempfile.mkdtemp() + "/photos.lookalike") as library:
    ...     len(library)
    0
    """
    settings = load_settings() if settings is None else settings
    folder = default_library_path(settings) if path is None else Path(path).expanduser()
    folder = Path(os.path.abspath(folder))
    if not (folder / "catalog.sqlite").exists():
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; a library is a folder.")
        # What another process that makes this library may have put there by now is its own.
        own = ("write.lock", "writer.json", "catalog.sqlite")
        if folder.is_dir() and any(not name.startswith(own) for name in os.listdir(folder)):
            raise UsageError(
                f"{folder} is a folder with other things in it. A library wants a folder of "
                f"its own, such as {folder}.lookalike."
            )
        if not create:
            raise LibraryNotFoundError(
                f"There is no library at {folder}. Make one with: lookalike index FOLDER"
                + ("" if path is None else f" --library {path}")
            )
    return Library(folder, settings=settings, create=create)
