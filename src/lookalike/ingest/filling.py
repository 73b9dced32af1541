"""Vectors of another model for all images of a library, from their files and URLs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lookalike.catalog import Catalog, Generation, vector_rows
from lookalike.errors import LookalikeError
from lookalike.images import Limits
from lookalike.results import Failure, Progress
from lookalike.settings import Settings, cores
from lookalike.sources import Fetcher, uri_to_path

from .downloads import with_downloads
from .messages import Encoded, Failed, Job, WorkerOptions
from .pool import WorkerPool

__all__ = ["Reembedding"]

_PAGE = 500
_ROWS = 128
_SECONDS = 1.0

_Row = tuple[int, bytes, np.ndarray]


class Reembedding:
    """Fills a generation that is not searched yet, batch by batch.

    Every batch is one transaction, so that a run that is killed loses only what had not been
    written; the next one asks the catalog what is lacking. Needs no writer lock: an image that
    another process changes meanwhile is found lacking again.
    """

    def __init__(
        self,
        catalog: Catalog,
        generation: Generation,
        *,
        settings: Settings,
        workers: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._catalog = catalog
        self._generation = generation
        self._settings = settings
        self._workers = workers or settings.workers or cores()
        self._progress = progress
        self._waiting: list[_Row] = []
        self._written = time.monotonic()
        self._shown = 0.0
        self.done = 0
        self.failures: dict[int, Failure] = {}
        """What could not be read in this run, by image id."""

    def fill(self) -> None:
        """Embed every image that lacks a vector, once over; those that failed are left alone.

        Raises:
            LookalikeError: a worker cannot be started, or the catalog cannot be written.
            KeyboardInterrupt: passed on after what had been done was written.
        """
        jobs = self._jobs()
        first = next(jobs, None)
        if first is None:
            return
        try:
            self._work(first, jobs)
        finally:
            self._write()
        self._show(last=True)

    def _work(self, first: tuple[Job, int, bytes], rest: Iterator[tuple[Job, int, bytes]]) -> None:
        settings = self._settings
        limits = Limits.of(settings)
        options = WorkerOptions(model=self._generation.model, limits=limits)
        planned: dict[int, tuple[Job, int, bytes]] = {}

        def stream() -> Iterator[Job]:
            for entry in _chained(first, rest):
                planned[entry[0].number] = entry
                yield entry[0]

        def fetch_failed(job: Job, error: LookalikeError) -> None:
            _, image_id, _ = planned.pop(job.number)
            self._fail(image_id, job.uri, type(error).__name__, str(error))

        with WorkerPool(options, workers=self._workers, time_limit=settings.time_limit) as pool:
            for outcomes in pool.run(with_downloads(stream(), self._fetcher, fetch_failed)):
                for outcome in outcomes:
                    job, image_id, content_hash = planned.pop(outcome.number)
                    if isinstance(outcome, Encoded):
                        self._waiting.append((image_id, content_hash, outcome.vector))
                    elif isinstance(outcome, Failed):
                        self._fail(image_id, job.uri, outcome.kind, outcome.reason)
                if len(self._waiting) >= _ROWS or time.monotonic() - self._written > _SECONDS:
                    self._write()
                self._show()

    def _jobs(self) -> Iterator[tuple[Job, int, bytes]]:
        after = number = 0
        while page := self._catalog.lacking(self._generation.id, after_id=after, limit=_PAGE):
            for image_id, uri, content_hash in page:
                if image_id in self.failures:
                    continue
                try:
                    path = uri_to_path(uri)
                except LookalikeError as error:
                    self._fail(image_id, uri, type(error).__name__, str(error))
                    continue
                number += 1
                job = Job(number, uri, None if path is None else os.fspath(Path(path)))
                yield job, image_id, content_hash
            after = page[-1][0]

    def _fail(self, image_id: int, uri: str, kind: str, reason: str) -> None:
        self.failures[image_id] = Failure(uri, kind, reason, time.time())

    def _write(self) -> None:
        if self._waiting:
            self.done += self._catalog.fill(self._generation.id, self._waiting)
            self._waiting = []
        self._written = time.monotonic()

    def _fetcher(self) -> Fetcher:
        return Fetcher.of(self._settings)

    def _show(self, *, last: bool = False) -> None:
        if self._progress is None:
            return
        now = time.monotonic()
        if last or now - self._shown >= 0.2:
            self._shown = now
            with self._catalog.reading() as connection:
                done = vector_rows.count(connection, self._generation.id)
            total = max(done, self._catalog.count())
            state = Progress(done, total, failed=len(self.failures), stage="reembed")
            self._progress(state)


def _chained(
    first: tuple[Job, int, bytes], rest: Iterator[tuple[Job, int, bytes]]
) -> Iterator[tuple[Job, int, bytes]]:
    yield first
    yield from rest
