"""Giving a library the vectors of another model while it goes on answering with the present ones.

The new generation is filled beside the old one without the writer lock; only for the last
pictures, the index and the switch itself do other writers wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lookalike.catalog import Catalog, Generation, KnownFailure
from lookalike.encoders import ModelCard, model_card, model_cards
from lookalike.errors import LibraryBusyError, ModelError, UsageError
from lookalike.index import LibraryIndex
from lookalike.ingest.filling import Reembedding
from lookalike.ingest.options import check_workers
from lookalike.results import Progress, ReembedReport

from .session import Session

__all__ = ["Job", "run"]

_SPACE = "semantic"


@dataclass(frozen=True, slots=True)
class Job:
    """What one run of ``reembed`` is asked to do; see :meth:`lookalike.Library.reembed`.

    Raises:
        UsageError: ``workers`` is no whole number of 1 or more.
    """

    model: str
    workers: int | None = None
    drop_missing: bool = False
    keep_old: bool = False

    def __post_init__(self) -> None:
        check_workers(self.workers)


def run(
    session: Session, job: Job, *, wait: bool, progress: Callable[[Progress], None] | None
) -> ReembedReport:
    """Fill a generation, build its index, switch to it and remove what is no longer searched.

    See :meth:`lookalike.Library.reembed`.
    """
    began = time.monotonic()
    catalog, folder = session.catalog, session.folder
    card = _installed(job.model)
    with _alone(folder):
        old = catalog.active_generation(_SPACE)
        new = catalog.generation(
            card.name, space=card.space, dimensions=card.dimensions, sha256=card.sha256
        )
        work = Reembedding(
            catalog, new, settings=session.settings, workers=job.workers, progress=progress
        )
        work.fill()
        with session.writing(wait=wait, progress=progress):
            work.fill()  # what came meanwhile; nothing comes any more
            removed = _drop(catalog, new, work) if job.drop_missing and work.failures else 0
            switched = False
            if not catalog.lacking(new.id, limit=1):
                index = LibraryIndex(catalog, folder, new)
                if index.needs_rebuild():
                    index.rebuild(progress)
                switched = catalog.switch(new.id, keep_labels=_same_names(old, card))
        if switched and not job.keep_old:
            _clear(catalog, folder, new)
    failures = tuple(work.failures.values())
    seconds = time.monotonic() - began
    return ReembedReport(new.model, switched, work.done, removed, failures, seconds)


def _installed(model: str) -> ModelCard:
    """Return the card of a model that is found again by the name in it."""
    card = model_card(model)
    if card.space != _SPACE:
        raise UsageError(f"{card.name} gives vectors of the space {card.space}, not {_SPACE}.")
    if all((known.name, known.sha256) != (card.name, card.sha256) for known in model_cards()):
        raise UsageError(
            f"A library finds its model by name. Add it first: lookalike models add {model}"
        )
    return card


def _drop(catalog: Catalog, new: Generation, work: Reembedding) -> int:
    """Remove the images that cannot be read any more, and note them as failures."""
    rows = catalog.images(list(work.failures))
    failed = [
        KnownFailure(
            row.uri,
            work.failures[row.image_id].kind,
            work.failures[row.image_id].reason,
            row.size,
            row.mtime_ns,
            time.time(),
        )
        for row in rows.values()
    ]
    catalog.apply(new.id, remove=list(rows), failed=failed)
    return len(rows)


def _same_names(old: Generation | None, card: ModelCard) -> bool:
    """Tell whether the numbers of the labels mean the same classes to both models."""
    if old is None or (old.model, old.sha256) == (card.name, card.sha256):
        return True
    try:
        return bool(card.label_names) and model_card(old.model).label_names == card.label_names
    except ModelError:
        return False


def _clear(catalog: Catalog, folder: Path, new: Generation) -> None:
    """Remove the vectors and index files of the generations that are searched no longer."""
    for generation in catalog.generations():
        if generation.space != new.space or generation.id == new.id:
            continue
        while catalog.drop_some(generation.id):
            pass
        for path in (folder / "index").glob(f"generation-{generation.id}[-.]*"):
            path.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / "reembed.lock", timeout=0, thread_local=False):
            yield
    except Timeout as error:
        raise LibraryBusyError(f"Another process is re-embedding {folder}.") from error
