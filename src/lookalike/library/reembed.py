"""Giving a library the vectors of another model while it goes on answering with the present ones.

The new generation is filled beside the old one without the writer lock; only for the last
pictures, the index and the switch itself do other writers wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import LibraryBusyError, UsageError
from lookalike.results import Progress, ReembedReport

if TYPE_CHECKING:
    from lookalike.catalog import Catalog, Generation
    from lookalike.encoders import ModelCard
    from lookalike.ingest.filling import Reembedding
    from lookalike.settings import Settings

__all__ = ["reembed"]

_SPACE = "semantic"


def reembed(
    catalog: Catalog,
    folder: Path,
    model: str,
    *,
    settings: Settings,
    writing: Callable[[], AbstractContextManager[None]],
    workers: int | None = None,
    drop_missing: bool = False,
    keep_old: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> ReembedReport:
    """Fill a generation, build its index, switch to it and remove what is no longer searched.

    See :meth:`lookalike.Library.reembed`; ``writing`` gives the library's writer lock.
    """
    from lookalike.index import LibraryIndex
    from lookalike.ingest.filling import Reembedding

    if workers is not None and workers < 1:
        raise UsageError(f"workers is {workers}; expected 1 or more.")
    began = time.monotonic()
    card = _installed(model)
    with _alone(folder):
        old = catalog.active_generation(_SPACE)
        new = catalog.generation(
            card.name, space=card.space, dimensions=card.dimensions, sha256=card.sha256
        )
        work = Reembedding(catalog, new, settings=settings, workers=workers, progress=progress)
        work.fill()
        with writing():
            work.fill()  # what came meanwhile; nothing comes any more
            removed = _drop(catalog, new, work) if drop_missing and work.failures else 0
            switched = False
            if not catalog.lacking(new.id, limit=1):
                index = LibraryIndex(catalog, folder, new)
                if index.needs_rebuild():
                    index.rebuild(progress)
                switched = catalog.switch(new.id, keep_labels=_same_names(old, card))
        if switched and not keep_old:
            _clear(catalog, folder, new)
    failures = tuple(work.failures.values())
    seconds = time.monotonic() - began
    return ReembedReport(new.model, switched, work.done, removed, failures, seconds)


def _installed(model: str) -> ModelCard:
    """Return the card of a model that is found again by the name in it."""
    from lookalike.encoders import model_card, model_cards

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
    from lookalike.catalog import KnownFailure

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
    from lookalike.encoders import model_card
    from lookalike.errors import ModelError

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
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / "reembed.lock", timeout=0, thread_local=False):
            yield
    except Timeout as error:
        raise LibraryBusyError(f"Another process is re-embedding {folder}.") from error
