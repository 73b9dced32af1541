"""One writer at a time: a lock file that names who holds it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lookalike.errors import LibraryBusyError
from lookalike.results import Progress

__all__ = ["writer_lock"]

_POLL_SECONDS = 0.25


@contextmanager
def writer_lock(
    folder: Path, *, wait: bool, progress: Callable[[Progress], None] | None = None
) -> Iterator[None]:
    """Hold the library's writer lock, which the system releases when the process ends.

    ``progress`` is told once who holds the lock when there is somebody to wait for.

    Raises:
        LibraryBusyError: another process is writing and ``wait`` is false.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "write.lock", thread_local=False)
    holder_file = folder / "writer.json"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        holder = _describe(holder_file)
        if not wait:
            raise LibraryBusyError(
                f"{holder} is writing to {folder}. Try again later, or let this wait."
            ) from error
        if progress is not None:
            progress(Progress(0, None, stage=f"waiting: {holder} is writing"))
        lock.acquire(poll_interval=_POLL_SECONDS)
    try:
        holder_file.write_text(
            json.dumps({"pid": os.getpid(), "since": time.time()}), encoding="utf-8"
        )
        yield
    finally:
        holder_file.unlink(missing_ok=True)
        lock.release()


def _describe(holder_file: Path) -> str:
    try:
        holder = json.loads(holder_file.read_text(encoding="utf-8"))
        since = time.strftime("%H:%M:%S", time.localtime(float(holder["since"])))
        return f"Process {int(holder['pid'])}, since {since},"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another process"
