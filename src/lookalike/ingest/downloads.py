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
    pool: ThreadPoolExecutor | None = None
    open_fetcher: Fetcher | None = None
    running: dict[Future[bytes], Job] = {}
    exhausted = False
    try:
        while True:
            if not exhausted and len(running) < 2 * _THREADS:
                job = next(jobs, None)
                if job is None:
                    exhausted = True
                elif job.path is not None or job.data is not None:
                    yield job
                else:
                    if pool is None:
                        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookalike-fetch")
                        open_fetcher = fetcher()
                    assert open_fetcher is not None
                    running[pool.submit(_fetch, open_fetcher, job.uri)] = job
                    continue_filling = len(running) < 2 * _THREADS
                    if continue_filling:
                        continue
            if exhausted and not running:
                return
            if not running:
                continue
            full = exhausted or len(running) >= 2 * _THREADS
            ready, _ = wait(running, timeout=0.1 if full else 0, return_when=FIRST_COMPLETED)
            if not ready and full:
                yield None
            for future in ready:
                job = running.pop(future)
                try:
                    yield replace(job, data=future.result())
                except LookalikeError as error:
                    failed(job, error)
    finally:
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        if open_fetcher is not None:
            open_fetcher.close()


def _fetch(fetcher: Fetcher, url: str) -> bytes:
    return fetcher.get(url).data
