"""Nearest neighbours in a library: a snapshot, and what has happened since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation, vector_rows
from lookalike.errors import LibraryBrokenError, UsageError
from lookalike.results import IndexStatus, Progress

from . import manifest as manifests
from .manifest import Manifest, Stamp
from .opened import open_snapshot
from .plan import Plan
from .rebuilding import Rebuild
from .remembered import NarrowedSnapshots
from .scan import Block, Neighbours, Ranked, merge, scan
from .snapshots import OutdatedError, Searched, Snapshot
from .tail import Tail

__all__ = ["LibraryIndex"]

_QUERIES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class _View:
    """All that a search looks at; never changed, only replaced."""

    version: int
    stamp: Stamp
    manifest: Manifest | None
    snapshot: Snapshot | None
    tail: Tail
    problem: str | None


class LibraryIndex:
    """The index of one generation of a library.

    Searches see every change that any process has committed before they began. An object may be
    used from several threads, a folder by several processes.
    """

    def __init__(
        self,
        catalog: Catalog,
        folder: Path,
        generation: Generation,
        *,
        plan: Plan | None = None,
    ) -> None:
        self._catalog = catalog
        self._folder = Path(folder) / "index"
        self._generation = generation
        self._plan = Plan() if plan is None else plan
        self._manifest_path = self._folder / f"generation-{generation.id}.json"
        self._lock = threading.Lock()
        self._view: _View | None = None
        self._narrowed = NarrowedSnapshots()

    @property
    def generation(self) -> Generation:
        """Whose vectors it finds."""
        return self._generation

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        *,
        allowed: NDArray[np.int64] | None = None,
    ) -> list[Neighbours]:
        """Return the ``k`` most alike images for each query, the best first.

        ``queries`` is float32 of shape (n, dimensions), rows of length 1; scores are cosines,
        computed with the full vectors. Fewer than ``k`` come when the library holds fewer.

        ``allowed`` (m,) are ids of images in ascending order: only these are found. What is
        prepared for them serves again in the next search with the same array, if it is one that
        may not be written.

        Raises:
            UsageError: the shape does not fit, a value is not finite, or ``k`` is below 1.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self._generation.dimensions:
            raise UsageError(
                f"Queries of shape {queries.shape} do not fit {self._generation.model}; expected "
                f"(n, {self._generation.dimensions})."
            )
        if not np.isfinite(queries).all():
            raise UsageError("A query holds values that are not finite.")
        if k < 1:
            raise UsageError(f"k is {k}; expected 1 or more.")
        found: list[Neighbours] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            part = queries[start : start + _QUERIES_AT_ONCE]
            answers = self._answers(part, k, allowed)
            found += [merge([answer[row] for answer in answers], k) for row in range(len(part))]
        return found

    def nearby(self, queries: NDArray[np.float32], k: int) -> list[NDArray[np.int64]]:
        """Return ids of about the ``k`` nearest images for each query, in no order.

        Quicker than ``search``, for those who score what they get: the index proposes, and only
        vectors that it does not hold yet are compared in full. ``queries`` as in ``search``.
        """
        view = self._refreshed()
        parts: list[Iterable[Block]] = [view.tail.blocks]
        if not view.tail.complete:
            parts.append(view.tail.rest(self._catalog))
        found = [[one.image_ids for one in scan(part, queries, k)] for part in parts]
        if view.snapshot is not None:
            found.append(view.snapshot.nearby(queries, k))
        return [np.unique(np.concatenate(every)) for every in zip(*found, strict=True)]

    def _answers(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None
    ) -> list[list[Ranked]]:
        while True:
            view = self._refreshed()
            try:
                return self._answers_of(view, queries, k, allowed)
            except OutdatedError:
                # Either a deletion was committed in this moment: then the next view knows of it.
                # Or vectors have vanished without a trace.
                if self._refreshed() is view:
                    self._distrust(view)

    def _answers_of(
        self,
        view: _View,
        queries: NDArray[np.float32],
        k: int,
        allowed: NDArray[np.int64] | None,
    ) -> list[list[Ranked]]:
        parts: list[Iterable[Block]] = [view.tail.blocks]
        if not view.tail.complete:
            parts.append(view.tail.rest(self._catalog))
        if allowed is not None:
            parts = [(block.only(allowed) for block in part) for part in parts]
        answers = [scan(part, queries, k) for part in parts]
        snapshot: Searched | None = view.snapshot
        if view.snapshot is not None and allowed is not None:
            snapshot = self._narrowed.of(view.snapshot, allowed)
        if snapshot is not None:
            answers.append(snapshot.nearest(queries, k))
        return answers

    def status(self) -> IndexStatus:
        """Return what the index holds now."""
        view = self._refreshed()
        tail = len(view.tail)
        if not view.tail.complete:
            with self._catalog.reading() as connection:
                tail = vector_rows.count(connection, self._generation.id)
        if view.manifest is None or view.snapshot is None:
            return IndexStatus("none", 0, tail, 0, 0, None, view.problem)
        dead = view.snapshot.dead
        if not view.tail.complete:
            tail -= view.manifest.count - dead
        return IndexStatus(
            kind=view.manifest.kind,
            vectors=view.manifest.count,
            tail=tail,
            deleted=dead,
            bytes=view.manifest.bytes,
            built_at=view.manifest.built_at,
        )

    def needs_rebuild(self) -> bool:
        """Tell whether the snapshot is unusable, or has grown too old to search fast."""
        status = self.status()
        if status.problem is not None:
            return True
        return self._plan.too_old(status.vectors, status.tail, status.deleted)

    def check(self) -> list[str]:
        """Return what is wrong with the snapshot, one sentence each; empty when it is whole.

        Reads all its files, which opening it does not. Where something is wrong, ``rebuild``
        without ``grow`` mends it.
        """
        view = self._refreshed()
        if view.manifest is None or view.snapshot is None:
            return [] if view.problem is None else [view.problem]
        found = []
        for entry in view.manifest.files.values():
            try:
                manifests.verify(self._folder, entry, thorough=True)
            except (LibraryBrokenError, OSError) as error:
                found.append(f"The index is damaged: {error}")
        held = len(view.snapshot.vector_ids) - view.snapshot.dead + len(view.tail)
        with self._catalog.reading() as connection:
            stored = vector_rows.count(connection, self._generation.id)
        if view.tail.complete and held != stored and self._refreshed() is view:
            found.append(f"The index holds {held} vectors of {stored}.")
        return found

    def rebuild(
        self, progress: Callable[[Progress], None] | None = None, *, grow: bool = False
    ) -> IndexStatus:
        """Build a new snapshot of the catalog as it is now, and put it in the old one's place.

        With ``grow``, what has come since the last one is added to it where that does no harm:
        a small part of the work. Searches and changes go on meanwhile, in this process and
        others. ``progress`` hears of the number of vectors done and of their total.

        Raises:
            LibraryBusyError: another process is rebuilding this index.
            LibraryStorageError: the disk is full or may not be written.
        """
        old = None
        if grow:
            view = self._refreshed()
            if view.snapshot is not None and not self._plan.many_deleted(
                len(view.snapshot.vector_ids), view.snapshot.dead
            ):
                old = view.manifest
        task = Rebuild(self._catalog, self._generation, self._manifest_path, self._plan, progress)
        task.run(old)
        return self.status()

    def _refreshed(self) -> _View:
        with self._lock:
            version = self._catalog.data_version()
            stamp = manifests.stamp(self._manifest_path)
            view = self._view
            if view is None or view.stamp != stamp:
                view = self._opened(version, stamp)
            elif view.version != version:
                view = self._followed(replace(view, version=version))
            self._view = view
            return view

    def _opened(self, version: int, stamp: Stamp) -> _View:
        opened = open_snapshot(self._manifest_path, self._catalog, self._generation, self._plan)
        return self._begun(version, stamp, *opened)

    def _begun(
        self,
        version: int,
        stamp: Stamp,
        found: Manifest | None,
        snapshot: Snapshot | None,
        problem: str | None,
    ) -> _View:
        if found is not None and snapshot is not None:
            start, sequence = found.max_vector_id, found.sequence
        else:
            start = 0
            with self._catalog.reading() as connection:
                sequence = vector_rows.last_sequence(connection, self._generation.id)
        tail = Tail(self._generation, start, start, sequence)
        return self._followed(_View(version, stamp, found, snapshot, tail, problem))

    def _distrust(self, view: _View) -> None:
        """Go on without the snapshot, whose vectors the catalog does not have."""
        with self._lock:
            if self._view is view:
                problem = "The index snapshot is not used. It holds vectors that the catalog lacks."
                self._view = self._begun(view.version, view.stamp, None, None, problem)

    def _followed(self, view: _View) -> _View:
        tail = view.tail.advanced(self._catalog)
        snapshot = view.snapshot
        if (
            snapshot is not None
            and tail.deleted is not None
            and tail.deleted is not view.tail.deleted
        ):
            snapshot = snapshot.without(tail.deleted)
        return replace(view, tail=tail, snapshot=snapshot)
