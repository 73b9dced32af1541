"""Fetch the pictures behind URLs beside the decoding, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from lookalike.errors import LookalikeError
from lookalike.sources import Fetcher

from .messages import Job

__all__ = ["with_downloads"]

_THREADS = 8


def with_downloads(
    jobs: Iterator[Job],
    fetcher: Callable[[], Fetcher],
    failed: Callable[[Job, LookalikeError], None],
) -> Iterator[Job | None]:
    """Yield the jobs, those for URLs with their bytes once these have come.

    Yields None while only slow downloads are left to wait for. ``fetcher`` is called when
    the first URL comes along; ``failed`` is told of each URL that cannot be fetched.
    """
    downloads = _Downloads(fetcher, failed)
    try:
        for job in jobs:
            if job.path is None and job.data is None:
                downloads.begin(job)
            else:
                yield job
                yield from downloads.ended()
            while downloads.full:
                yield from downloads.ended(wait_for_one=True)
        while downloads.running:
            yield from downloads.ended(wait_for_one=True)
    finally:
        downloads.close()


class _Downloads:
    """The downloads under way; threads and connections begin with the first of them."""

    def __init__(
        self, fetcher: Callable[[], Fetcher], failed: Callable[[Job, LookalikeError], None]
    ) -> None:
        self._make_fetcher, self._failed = fetcher, failed
        self._open: tuple[ThreadPoolExecutor, Fetcher] | None = None
        self._jobs: dict[Future[bytes], Job] = {}

    @property
    def running(self) -> bool:
        """Whether there are any."""
        return bool(self._jobs)

    @property
    def full(self) -> bool:
        """Whether there are as many as there may be."""
        return len(self._jobs) >= 2 * _THREADS

    def begin(self, job: Job) -> None:
        """Fetch what a job is for, as soon as a thread is free."""
        if self._open is None:
            fetcher = self._make_fetcher()
            pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookalike-fetch")
            self._open = pool, fetcher
        pool, fetcher = self._open
        self._jobs[pool.submit(_fetch, fetcher, job.uri)] = job

    def ended(self, *, wait_for_one: bool = False) -> Iterator[Job | None]:
        """Yield the jobs whose bytes have come; None when one was waited for in vain."""
        if not self._jobs:
            return
        patience = 0.1 if wait_for_one else 0
        ready, _ = wait(self._jobs, timeout=patience, return_when=FIRST_COMPLETED)
        if wait_for_one and not ready:
            yield None
        for future in ready:
            job = self._jobs.pop(future)
            try:
                data = future.result()
            except LookalikeError as error:
                self._failed(job, error)
            else:
                yield replace(job, data=data)

    def close(self) -> None:
        """Begin no more, and close the connections."""
        if self._open is not None:
            pool, fetcher = self._open
            pool.shutdown(wait=False, cancel_futures=True)
            fetcher.close()


def _fetch(fetcher: Fetcher, url: str) -> bytes:
    return fetcher.get(url).data
