"""Batches of augmented pictures, made by worker processes beside the training."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from lookalike.settings import cores
from lookalike.training.augmentation import Preset
from lookalike.training.features import pixels_of, view_of

__all__ = ["PictureFlow"]

_AHEAD = 2
_PART = 16

Pixels = NDArray[np.uint8]


class PictureFlow:
    """Reads and augments pictures in ``workers`` processes, a few batches ahead.

    What a picture looks like in an epoch depends on the seed, the epoch, its place in the
    batch's views and the picture alone, not on the number of processes or on what came before.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        side: int,
        preset: Preset,
        strength: float = 1.0,
        seed: int = 0,
        workers: int | None = None,
    ) -> None:
        self._paths = [os.fspath(path) for path in paths]
        self._settings = (side, preset, strength, seed)
        self._pool = ProcessPoolExecutor(
            workers or cores(),
            mp_context=get_context("spawn"),
            initializer=_yield_to_training,
        )

    def __enter__(self) -> PictureFlow:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def batches(self, epoch: int, batches: Sequence[NDArray[np.int64]]) -> Iterator[Pixels]:
        """Yield for each batch of sample numbers its augmented views, (n, side, side, 3) uint8.

        A number that occurs twice in a batch gets two different views.
        """
        return self._ordered([(epoch, batch) for batch in batches])

    def plain(self, numbers: NDArray[np.int64], size: int = 64) -> Iterator[Pixels]:
        """Yield the pictures without augmentation, ``size`` at a time."""
        parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
        return self._ordered([(-1, part) for part in parts])

    def _ordered(self, wanted: Sequence[tuple[int, NDArray[np.int64]]]) -> Iterator[Pixels]:
        waiting: deque[list[Future[Pixels]]] = deque()
        for epoch, batch in wanted:
            waiting.append(self._submit(epoch, batch))
            if len(waiting) > _AHEAD:
                yield _joined(waiting.popleft())
        while waiting:
            yield _joined(waiting.popleft())

    def _submit(self, epoch: int, batch: NDArray[np.int64]) -> list[Future[Pixels]]:
        seen: dict[int, int] = {}
        jobs = []
        for number in batch.tolist():
            seen[number] = seen.get(number, -1) + 1
            jobs.append((self._paths[number], number, seen[number]))
        return [
            self._pool.submit(_made, jobs[start : start + _PART], epoch, self._settings)
            for start in range(0, len(jobs), _PART)
        ]


def _yield_to_training() -> None:
    """Take only the time that the training step leaves: its threads wait for each other."""
    if hasattr(os, "nice"):
        os.nice(10)


def _joined(parts: Sequence[Future[Pixels]]) -> Pixels:
    return np.concatenate([part.result() for part in parts])


def _made(
    jobs: Sequence[tuple[str, int, int]], epoch: int, settings: tuple[int, Preset, float, int]
) -> Pixels:
    side, preset, strength, seed = settings
    return np.stack(
        [
            pixels_of(Path(path), side)
            if epoch < 0
            else view_of(
                Path(path),
                side,
                preset=preset,
                strength=strength,
                seed=(seed, epoch, number, view),
            )
            for path, number, view in jobs
        ]
    )
