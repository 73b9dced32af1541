"""The changes that wait for their transaction, and the count of what was done."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from lookalike.catalog import Catalog, KnownFailure, KnownImage, NewImage, SourceFields, reading
from lookalike.results import AddReport, Failure
from lookalike.sources import Item, uri_to_path

from .messages import Encoded, Same

__all__ = ["FINAL_FAILURES", "Ledger"]

FINAL_FAILURES = frozenset(
    {"NotAnImageError", "BrokenImageError", "ImageTooLargeError", "ImageTimeoutError"}
)
"""Failures that lie in the picture itself: they stay until the file changes."""

_ROWS = 128
_SECONDS = 1.0
_REMOVE = 1000


class Ledger:
    """Collects changes and writes them to the catalog, one transaction a batch.

    ``skipped`` counts the sources left alone because they failed before.
    """

    def __init__(self, catalog: Catalog, generation_id: int) -> None:
        self._catalog = catalog
        self._generation_id = generation_id
        self._failures: list[Failure] = []
        self._failed_uris: set[str] = set()
        self._added = self._updated = self._renamed = self._unchanged = self._removed = 0
        self.skipped = 0
        self._flushed = time.monotonic()
        self._renamed_ids: set[int] = set()
        self._clear()

    def _clear(self) -> None:
        self._store: list[NewImage] = []
        self._copy: list[tuple[int, SourceFields]] = []
        self._rename: list[tuple[int, SourceFields]] = []
        self._touch: list[tuple[int, SourceFields]] = []
        self._failed: list[KnownFailure] = []
        self._drop: list[int] = []
        self._leaving: set[int] = set()

    @property
    def failed(self) -> int:
        """How many sources have failed in this run."""
        return len(self._failures)

    def has_failed(self, uri: str) -> bool:
        """Tell whether the source has failed in this run."""
        return uri in self._failed_uris

    def report(self) -> AddReport:
        """Return the counts so far."""
        return AddReport(
            added=self._added,
            updated=self._updated,
            renamed=self._renamed,
            unchanged=self._unchanged,
            removed=self._removed,
            skipped=self.skipped,
            failures=tuple(self._failures),
        )

    def unchanged(self, item: Item, before: KnownImage) -> None:
        """Note a source whose picture is the same; what is said about it may have changed."""
        new = _fields(item, before.size)
        old = (before.url, before.page_url, dict(before.metadata))
        if (new.url, new.page_url, dict(new.metadata)) != old and _speaks(item):
            self._touch.append((before.image_id, new))
            self._updated += 1
        else:
            self._unchanged += 1

    def store(self, item: Item, before: KnownImage | None, outcome: Encoded) -> None:
        """Note a picture that was encoded."""
        fields = _fields(item, outcome.size, before)
        self._store.append(
            NewImage(
                uri=fields.uri,
                url=fields.url,
                page_url=fields.page_url,
                size=fields.size,
                mtime_ns=fields.mtime_ns,
                metadata=fields.metadata,
                content_hash=outcome.content_hash,
                perceptual_hash=outcome.perceptual_hash,
                width=outcome.width,
                height=outcome.height,
                format=outcome.format,
                vector=outcome.vector,
                labels=outcome.labels,
                colours=outcome.colours,
                parts=outcome.parts,
            )
        )
        self._count_stored(before)

    def same(self, item: Item, before: KnownImage | None, outcome: Same) -> bool:
        """Note a picture whose content is known; return False when it is known no longer."""
        fields = _fields(item, outcome.size, before)
        if before is not None and before.content_hash == outcome.content_hash:
            self._touch.append((before.image_id, fields))
            self._unchanged += 1
            return True
        holders = self._holders(outcome.content_hash)
        if any(holder.image_id in self._leaving for holder in holders):
            self.flush()
            holders = self._holders(outcome.content_hash)
        if not holders:
            return False
        gone = next((holder for holder in holders if self._is_gone(holder)), None)
        if before is None and gone is not None:
            self._renamed_ids.add(gone.image_id)
            if not fields.metadata:
                fields = _fields(item, outcome.size, gone)
            self._rename.append((gone.image_id, fields))
            self._renamed += 1
        else:
            self._copy.append((holders[0].image_id, fields))
            self._count_stored(before)
        return True

    def fail(
        self,
        uri: str,
        kind: str,
        reason: str,
        *,
        item: Item | None = None,
        before: KnownImage | None = None,
    ) -> None:
        """Note a source that could not be indexed.

        An image whose file has changed and cannot be read any more is forgotten; one that
        merely could not be reached this time, or whose file is the same, is kept.
        """
        now = time.time()
        self._failures.append(Failure(uri, kind, reason, now))
        self._failed_uris.add(uri)
        size, mtime_ns = (item.size, item.mtime_ns) if item is not None else (None, None)
        self._failed.append(KnownFailure(uri, kind, reason, size, mtime_ns, now))
        if before is not None and kind in FINAL_FAILURES and not (item and _same(item, before)):
            self._drop.append(before.image_id)
            self._leaving.add(before.image_id)

    def remove(self, image_ids: Sequence[int], failed_uris: Sequence[str]) -> None:
        """Forget images and failures, in transactions of bounded size."""
        for start in range(0, len(image_ids), _REMOVE):
            part = image_ids[start : start + _REMOVE]
            self._catalog.apply(self._generation_id, remove=part)
            self._removed += len(part)
        self.forget(failed_uris)

    def forget(self, failed_uris: Sequence[str]) -> None:
        """Forget failures of earlier runs."""
        if failed_uris:
            self._catalog.apply(self._generation_id, forget=failed_uris)

    def flush_if_due(self) -> None:
        """Write what waits when it is much or has waited for a second."""
        waiting = sum(
            len(rows) for rows in (self._store, self._copy, self._rename, self._touch, self._failed)
        )
        if waiting >= _ROWS or (waiting and time.monotonic() - self._flushed >= _SECONDS):
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction."""
        if self._store or self._copy or self._rename or self._touch or self._failed:
            self._catalog.apply(
                self._generation_id,
                store=self._store,
                copy=self._copy,
                rename=self._rename,
                touch=self._touch,
                failed=self._failed,
                remove=self._drop,
            )
        self._clear()
        self._flushed = time.monotonic()

    def _count_stored(self, before: KnownImage | None) -> None:
        if before is None:
            self._added += 1
        else:
            self._updated += 1
            self._leaving.add(before.image_id)

    def _holders(self, content_hash: bytes) -> list[KnownImage]:
        with self._catalog.reading() as connection:
            return reading.by_content(connection, [content_hash]).get(content_hash, [])

    def _is_gone(self, holder: KnownImage) -> bool:
        path = uri_to_path(holder.uri)
        return (
            path is not None
            and holder.image_id not in self._renamed_ids
            and not os.path.lexists(path)
        )


def _fields(item: Item, size: int | None, before: KnownImage | None = None) -> SourceFields:
    metadata, page_url = item.metadata, item.page_url
    if before is not None and not _speaks(item):
        metadata, page_url = before.metadata, before.page_url
    return SourceFields(
        uri=item.uri,
        url=item.url,
        page_url=page_url,
        size=item.size if item.size is not None else size,
        mtime_ns=item.mtime_ns,
        metadata=metadata,
    )


def _same(item: Item, before: KnownImage) -> bool:
    """Tell whether the file is the one that was read before, as far as can be told."""
    return item.path is not None and (item.size, item.mtime_ns) == (before.size, before.mtime_ns)


def _speaks(item: Item) -> bool:
    """Tell whether the source says something about the picture that is to replace the old.

    A folder says nothing: indexing it must not wipe what a table said.
    """
    return bool(item.metadata) or item.page_url is not None
