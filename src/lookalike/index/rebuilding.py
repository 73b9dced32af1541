"""Putting a new snapshot in the place of the old one, while others read it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from lookalike.catalog import Catalog, Generation, vector_rows
from lookalike.errors import LibraryBrokenError, LibraryBusyError, LibraryError, LibraryStorageError
from lookalike.results import Progress

from . import manifest as manifests
from .manifest import FileEntry, Manifest
from .pages import Moment, pages
from .plan import Plan
from .snapshots import Draft, open_ids

__all__ = ["Rebuild"]


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One rebuild of the snapshot of a generation, from the catalog as it is when it begins."""

    catalog: Catalog
    generation: Generation
    manifest_path: Path
    plan: Plan
    progress: Callable[[Progress], None] | None = None

    def run(self, old: Manifest | None) -> None:
        """Build a snapshot and publish it; from the old one where that is given and can grow.

        Raises:
            LibraryBusyError: another process is rebuilding this index.
            LibraryStorageError: the disk is full or may not be written.
        """
        with self._alone():
            self._sweep()
            moment = Moment.now(self.catalog, self.generation)
            with self.catalog.reading() as connection:
                total = vector_rows.count(connection, self.generation.id)
            kind = self.plan.kind(total)
            name = f"generation-{self.generation.id}-{uuid4().hex[:12]}"
            draft = Draft(self.manifest_path.parent, name)
            try:
                if old is not None and self._can_grow(old, kind, total):
                    self._grow(draft, old, moment, total)
                    # What was deleted since the old one was built is still in it, and the last
                    # vector of it may be deleted by now.
                    last = max(old.max_vector_id, moment.max_vector_id)
                    self._publish(draft, kind, Moment(last, old.sequence), old.learned_from)
                else:
                    self._write(draft, kind, moment, total)
                    self._publish(draft, kind, moment, total)
            except BaseException:
                draft.discard()
                raise
            self._sweep()

    def _can_grow(self, old: Manifest, kind: str, total: int) -> bool:
        """Tell whether the old snapshot suits, and is whole to the last byte."""
        if kind == "exact" or old.kind != kind or not self.plan.may_grow(old.learned_from, total):
            return False
        try:
            for entry in old.files.values():
                manifests.verify(self.manifest_path.parent, entry, thorough=True)
        except (LibraryBrokenError, OSError):  # damaged, or replaced by another process
            return False
        return True

    def _write(self, draft: Draft, kind: str, moment: Moment, total: int) -> None:
        blocks = draft.watched(pages(self.catalog, self.generation, moment), self._report(0, total))
        if kind == "exact":
            from .exact import write_exact

            write_exact(draft, blocks)
            return
        from .building import CodedIndex, draw_sample

        size = self.plan.sample_for(kind, total)
        sample = draw_sample(self.catalog, self.generation, moment, total, size)
        index = CodedIndex.learned(kind, sample, self.plan)
        del sample
        index.add(blocks)
        index.write(draft)

    def _grow(self, draft: Draft, old: Manifest, moment: Moment, total: int) -> None:
        """Add what came after the old snapshot to it."""
        from .building import CodedIndex

        folder = self.manifest_path.parent
        index = CodedIndex.of(folder, old)
        draft.begin_with(*open_ids(folder, old), old.last_crc32)
        new = pages(self.catalog, self.generation, moment, after=old.max_vector_id)
        index.add(draft.watched(new, self._report(old.count, total)))
        index.write(draft)

    def _publish(self, draft: Draft, kind: str, covered: Moment, learned_from: int) -> None:
        files: dict[str, FileEntry] = draft.finish()
        manifests.publish(
            self.manifest_path,
            Manifest(
                kind=kind,
                catalog=self.catalog.identity,
                generation=self.generation.id,
                dimensions=self.generation.dimensions,
                count=draft.count,
                max_vector_id=covered.max_vector_id,
                sequence=covered.sequence,
                last_crc32=draft.last_crc32,
                learned_from=learned_from,
                built_at=time.time(),
                files=files,
            ),
        )

    def _report(self, before: int, total: int) -> Callable[[int], None]:
        def report(done: int) -> None:
            if self.progress is not None:
                done = min(before + done, total)
                self.progress(Progress(done, total, stage="building the index"))

        return report

    @contextmanager
    def _alone(self) -> Iterator[None]:
        import filelock

        folder = self.manifest_path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(folder / "rebuild.lock", timeout=0):
                yield
        except filelock.Timeout as error:
            raise LibraryBusyError(
                f"The index in {folder} is being rebuilt by another process."
            ) from error
        except OSError as error:
            if isinstance(error, LibraryError):
                raise
            raise LibraryStorageError(
                f"The index cannot be written to {folder}: {error}. The old one stays in use."
            ) from error

    def _sweep(self) -> None:
        """Remove the files that no manifest names: old snapshots, and drafts of a killed run."""
        try:
            named = {entry.name for entry in manifests.load(self.manifest_path).files.values()}
        except (OSError, LibraryError):
            named = set()
        for path in self.manifest_path.parent.glob(f"generation-{self.generation.id}-*"):
            if path.name not in named:
                path.unlink(missing_ok=True)
