"""The picture files of a data set, read by a few threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lookalike.errors import LookalikeError
from lookalike.images import Limits, decode
from lookalike.settings import cores
from lookalike.sources import read_file

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = ["Progress", "each_picture", "why_broken"]

Progress = Callable[[int, int], None]
"""Called with how many pictures are done, and of how many."""

_SIDE = 64
_AHEAD = 64
Outcome = TypeVar("Outcome")


def each_picture(
    paths: Sequence[Path],
    look: Callable[[bytes, Pixels], Outcome],
    *,
    progress: Progress | None = None,
) -> Iterator[Outcome | LookalikeError]:
    """Decode each picture at a reduced size and yield what ``look`` makes of it, in order.

    Args:
        paths: the picture files.
        look: called in a thread with the bytes of the file and its pixels, uint8 of shape
            (rows, columns, 3) with at least 64 pixels on the shortest side where it has them.
        progress: called in this thread after each picture.

    Yields:
        What ``look`` returned, or the error of a picture that cannot be read.
    """
    limits = Limits()

    def one(path: Path) -> Outcome | LookalikeError:
        try:
            data = read_file(path, limits=limits)
            return look(data, decode(data, shortest_side=_SIDE, limits=limits).pixels)
        except LookalikeError as error:
            return error

    threads = min(8, cores())
    with ThreadPoolExecutor(threads, thread_name_prefix="lookalike-pictures") as pool:
        waiting = iter(paths)
        running = [pool.submit(one, path) for path in islice(waiting, _AHEAD)]
        for done in range(1, len(paths) + 1):
            outcome = running.pop(0).result()
            running.extend(pool.submit(one, path) for path in islice(waiting, 1))
            if progress is not None:
                progress(done, len(paths))
            yield outcome


def why_broken(paths: Sequence[Path], progress: Progress | None = None) -> list[str]:
    """Return for each picture why it cannot be decoded, or an empty text."""
    outcomes = each_picture(paths, lambda _data, _pixels: None, progress=progress)
    return [str(outcome) if outcome is not None else "" for outcome in outcomes]
