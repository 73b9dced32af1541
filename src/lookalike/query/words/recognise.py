"""Tell words from the names of files."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["is_words", "names_a_file"]

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{2,5}$")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/")


def is_words(query: object, *, text: bool | None = None) -> bool:
    """Return whether a query is words rather than a picture.

    ``text`` says it; None guesses: a text is words when there is no such file and it does not
    look like the name of one: no address, no slash, no extension at the end. So a mistyped
    file name is still an error and not a search for its letters.

    >>> is_words("a red car"), is_words("bech.jpg"), is_words("photos/beach")
    (True, False, False)
    """
    if text is False or not isinstance(query, str):
        return False
    if text:
        return True
    stripped = query.strip()
    if not any(character.isalnum() for character in stripped):
        return False
    if "/" in query or "\\" in query or query[0] in "~." or _SCHEME.match(query):
        return False
    return not _EXTENSION.search(stripped) and not names_a_file(query)


def names_a_file(name: str) -> bool:
    """Return whether there is a file or a folder of that name."""
    try:
        return os.path.lexists(Path(name).expanduser())
    except (OSError, ValueError, RuntimeError):
        return False
