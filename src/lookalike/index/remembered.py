"""Snapshots narrowed to the images that a filter keeps, remembered for the next search."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .snapshots import Searched, Snapshot

__all__ = ["NarrowedSnapshots"]

_REMEMBERED = 4


@dataclass(frozen=True, slots=True)
class _Known:
    snapshot: Snapshot
    allowed: NDArray[np.int64]
    narrowed: Searched


class NarrowedSnapshots:
    """The last few of them. Safe in several threads.

    They are told by the identity of snapshot and array, so an array that may be written, and so
    may hold something else the next time, is not remembered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: deque[_Known] = deque(maxlen=_REMEMBERED)

    def of(self, snapshot: Snapshot, allowed: NDArray[np.int64]) -> Searched:
        """Return a snapshot narrowed to images, whose ids ascend."""
        with self._lock:
            for known in self._known:
                if known.snapshot is snapshot and known.allowed is allowed:
                    return known.narrowed
        narrowed = snapshot.only(allowed)
        if not allowed.flags.writeable:
            with self._lock:
                # An older snapshot is not searched again: it need not stay in memory.
                left = [known for known in self._known if known.snapshot is snapshot]
                self._known = deque(
                    [*left, _Known(snapshot, allowed, narrowed)], maxlen=_REMEMBERED
                )
        return narrowed
