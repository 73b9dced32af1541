"""Items in lists that are short enough for one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["chunks"]

_CHUNK = 500  # bound values in one statement: every database takes so many

_Item = TypeVar("_Item")


def chunks(items: Iterable[_Item], size: int = _CHUNK) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
