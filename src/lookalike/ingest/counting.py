"""Count the items of a lazy source beside the work on them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import TracebackType

from lookalike.errors import LookalikeError

__all__ = ["CountAhead"]


class CountAhead:
    """Counts in a thread what ``find`` yields; ``total`` is None until that is known."""

    def __init__(self, find: Callable[[], Iterator[object]]) -> None:
        self.total: int | None = None
        self._find = find
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._count, name="lookalike-count", daemon=True)

    def __enter__(self) -> CountAhead:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _count(self) -> None:
        count = 0
        try:
            for _ in self._find():
                count += 1
                if self._stop.is_set():
                    return
        except LookalikeError:
            return  # the run itself meets the same error and reports it
        self.total = count
