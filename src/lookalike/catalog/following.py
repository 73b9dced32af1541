"""Values made from a catalog, made again when the catalog has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

__all__ = ["Following", "Versioned"]

_Value = TypeVar("_Value")


class Versioned(Protocol):
    """Something that can say cheaply whether it has changed."""

    def data_version(self) -> int:
        """Return a number that differs from the last one when anything was changed."""


class Following(Generic[_Value]):
    """Keeps one value and makes it again when the catalog has changed since.

    ``make`` gets the value before, None at first, and may return that same one. Whichever process
    changes the catalog, the next call sees it. An object may be used from several threads; one of
    them makes the value, the others wait for it.

    >>> class Counter:
    ...     version = 1
    ...     def data_version(self): return self.version
    >>> counter = Counter()
    >>> following = Following(counter, lambda before: (before or 0) + 1)
    >>> following(), following()
    (1, 1)
    >>> counter.version = 2
    >>> following()
    2
    """

    def __init__(self, catalog: Versioned, make: Callable[[_Value | None], _Value]) -> None:
        self._catalog, self._make = catalog, make
        self._lock = threading.Lock()
        self._kept: tuple[int, _Value] | None = None

    def __call__(self) -> _Value:
        """Return the value for the catalog as it is now."""
        with self._lock:
            version = self._catalog.data_version()
            if self._kept is None or self._kept[0] != version:
                before = None if self._kept is None else self._kept[1]
                # Read before the value is made: a change meanwhile is seen by the next call.
                self._kept = version, self._make(before)
            return self._kept[1]
