"""The pipeline: sources in, acknowledged images out.

The parent process walks the sources, asks the catalog what is known, and writes; the
workers read, decode and encode. An image counts as acknowledged when the transaction of
its batch has been committed, and only then.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from lookalike.catalog import Catalog, Generation, KnownFailure, KnownImage, reading
from lookalike.catalog.picture_parts import contents_with_parts, has_parts
from lookalike.errors import LookalikeError
from lookalike.images import Limits
from lookalike.results import AddReport, Progress
from lookalike.settings import Settings, cores
from lookalike.sources import (
    Fetcher,
    Item,
    Unreadable,
    find_items,
    is_table,
    path_to_uri,
    uri_to_path,
)

from .counting import CountAhead
from .downloads import with_downloads
from .ledger import FINAL_FAILURES, Ledger
from .messages import Encoded, Failed, Job, Outcome, WorkerOptions
from .options import AddOptions
from .pool import WorkerPool

__all__ = ["Pipeline"]

_LOOK_UP = 500


@dataclass(slots=True)
class _Planned:
    item: Item
    known: KnownImage | None


class Pipeline:
    """One run over some sources into one catalog.

    The caller holds the library's writer lock. Whatever ends the run, ``run`` first writes
    the outcomes that have arrived.
    """

    def __init__(
        self,
        catalog: Catalog,
        generation: Generation,
        *,
        options: AddOptions,
        settings: Settings,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._catalog = catalog
        if options.parts is None:
            with catalog.reading() as connection:
                options = replace(options, parts=has_parts(connection, generation))
        self._options = options
        self._settings = settings
        self._progress = progress
        self._ledger = Ledger(catalog, generation.id)
        self._generation = generation
        self._planned: dict[int, _Planned] = {}
        self._again: list[Job] = []
        self._number = 0
        self._done = 0
        self._repeated = 0
        self._shown = 0.0

    def run(self, sources: Sequence[str | Path]) -> AddReport:
        """Bring the catalog up to date with the sources and return what was done.

        Raises:
            SourceNotFoundError: a path does not exist; nothing has been changed then.
            TableError: a table has no column of pictures.
            KeyboardInterrupt: passed on after what had been done was written.
        """
        began = time.monotonic()
        options = self._options
        items = self._find(sources, repeated=self._count_repeated)
        first = next(items, None)  # raises for wrong sources before a process is started
        with CountAhead(lambda: self._find(sources)) as count:
            try:
                if first is not None:
                    self._work(self._plan(chain([first], items)), count)
            finally:
                self._ledger.flush()
            self._ledger.forget(self._answered(sources))
            if options.prune:
                self._prune(sources)
            self._show(count.total, last=True)
        seconds = time.monotonic() - began
        return replace(self._ledger.report(), repeated=self._repeated, seconds=seconds)

    def _count_repeated(self, _uri: str) -> None:
        self._repeated += 1

    def _find(
        self, sources: Sequence[str | Path], *, repeated: Callable[[str], None] | None = None
    ) -> Iterator[Item | Unreadable]:
        options = self._options
        return iter(
            find_items(
                sources,
                include=options.include,
                exclude=options.exclude,
                image_column=options.image_column,
                page_url_column=options.page_url_column,
                repeated=repeated,
            )
        )

    def _work(self, jobs: Iterator[Job], count: CountAhead) -> None:
        settings = self._settings
        limits = Limits.of(settings)
        workers = self._options.workers or settings.workers or cores()
        pool = WorkerPool(
            WorkerOptions(self._generation.model, limits, parts=bool(self._options.parts)),
            workers=workers,
            time_limit=settings.time_limit,
        )
        with pool:
            while True:
                ready = with_downloads(jobs, self._fetcher, self._fetch_failed)
                for outcomes in pool.run(ready):
                    for outcome in outcomes:
                        self._settle(outcome)
                    self._ledger.flush_if_due()
                    self._show(count.total)
                if not self._again:
                    return
                jobs = iter(self._again)
                self._again = []

    def _fetcher(self) -> Fetcher:
        return Fetcher.of(self._settings)

    def _plan(self, items: Iterable[Item | Unreadable]) -> Iterator[Job]:
        """Yield a job for each item that has to be read; settle the others at once."""
        stream = iter(items)
        while chunk := list(islice(stream, _LOOK_UP)):
            found = [item for item in chunk if isinstance(item, Item)]
            for item in chunk:
                if isinstance(item, Unreadable):
                    self._ledger.fail(item.uri, type(item.error).__name__, str(item.error))
                    self._done += 1
            uris = [item.uri for item in found]
            with self._catalog.reading() as connection:
                known = reading.known(connection, uris)
                failures = reading.known_failures(connection, uris)
                new = [item for item in found if item.uri not in known]
                sizes = [item.size for item in new if item.size is not None]
                by_size = {} if self._options.refresh else reading.hashes_by_size(connection, sizes)
            done = self._complete(known, by_size)
            for item in found:
                before = known.get(item.uri)
                if before and before.content_hash in done and _same_file(item, before):
                    self._ledger.unchanged(item, before)
                elif self._failed_for_good(item, failures.get(item.uri)):
                    self._ledger.skipped += 1
                else:
                    yield self._job(item, before, by_size, done)
                    continue
                self._done += 1
            self._ledger.flush_if_due()

    def _failed_for_good(self, item: Item, failure: KnownFailure | None) -> bool:
        """Return whether a file failed before, has not changed, and is not to be tried again."""
        if failure is None or self._options.retry_failed or self._options.refresh:
            return False
        same = (failure.size, failure.mtime_ns) == (item.size, item.mtime_ns)
        return same and failure.kind in FINAL_FAILURES

    def _complete(
        self, known: Mapping[str, KnownImage], by_size: Mapping[int, Sequence[bytes]]
    ) -> set[bytes]:
        """Return the stored contents, among these, of which nothing is lacking."""
        if self._options.refresh:
            return set()
        stored = {image.content_hash for image in known.values()}.union(*by_size.values())
        if not self._options.parts:
            return stored
        with self._catalog.reading() as connection:
            return contents_with_parts(connection, self._generation, stored)

    def _job(
        self,
        item: Item,
        before: KnownImage | None,
        by_size: Mapping[int, Sequence[bytes]],
        done: set[bytes],
    ) -> Job:
        hashes: Sequence[bytes] = ()
        if before is not None:
            hashes = [before.content_hash]
        elif item.size is not None:
            hashes = by_size.get(item.size, ())
        self._number += 1
        self._planned[self._number] = _Planned(item, before)
        return Job(
            self._number,
            item.uri,
            None if item.path is None else os.fspath(item.path),
            known=tuple(content for content in hashes if content in done),
        )

    def _settle(self, outcome: Outcome) -> None:
        planned = self._planned.pop(outcome.number)
        item, before = planned.item, planned.known
        if isinstance(outcome, Encoded):
            self._ledger.store(item, before, outcome)
        elif isinstance(outcome, Failed):
            self._ledger.fail(item.uri, outcome.kind, outcome.reason, item=item, before=before)
        elif not self._ledger.same(item, before, outcome):
            # The image that held this content has been replaced meanwhile: decode after all.
            self._planned[outcome.number] = planned
            path = None if item.path is None else os.fspath(item.path)
            self._again.append(Job(outcome.number, item.uri, path))
            return
        self._done += 1

    def _fetch_failed(self, job: Job, error: LookalikeError) -> None:
        planned = self._planned.pop(job.number)
        self._ledger.fail(
            job.uri, type(error).__name__, str(error), item=planned.item, before=planned.known
        )
        self._done += 1

    def _answered(self, sources: Sequence[str | Path]) -> list[str]:
        """Return the failures of rows of these tables that this run did not meet again."""
        names = tuple(
            f"{path_to_uri(Path(source).expanduser())}:" for source in sources if is_table(source)
        )
        if not names:
            return []
        return [
            failure.uri
            for failure in self._catalog.failures()
            if failure.uri.startswith(names) and not self._ledger.has_failed(failure.uri)
        ]

    def _prune(self, sources: Sequence[str | Path]) -> None:
        for source in sources:
            folder = Path(source).expanduser()
            if not folder.is_dir():
                continue
            name = path_to_uri(folder)
            images = self._catalog.uris_under(name)
            gone = [image_id for image_id, uri in images if _is_gone(uri)]
            failures = [uri for uri in self._catalog.failed_uris_under(name) if _is_gone(uri)]
            self._ledger.remove(gone, failures)

    def _show(self, total: int | None, *, last: bool = False) -> None:
        if self._progress is None:
            return
        now = time.monotonic()
        if last or now - self._shown >= 0.1:
            self._shown = now
            if last:
                total = self._done
            self._progress(Progress(self._done, total, failed=self._ledger.failed, stage="index"))


def _same_file(item: Item, before: KnownImage) -> bool:
    if item.path is None:  # a URL is taken to stay the same until a refresh is asked for
        return True
    return (item.size, item.mtime_ns) == (before.size, before.mtime_ns)


def _is_gone(uri: str) -> bool:
    path = uri_to_path(uri)
    return path is not None and not os.path.lexists(path)
