"""Bringing a library up to date with its sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from lookalike.errors import EmptySourceError, UsageError
from lookalike.ingest.options import AddOptions
from lookalike.ingest.pipeline import Pipeline
from lookalike.results import AddReport, Progress

from .session import Session

__all__ = ["add"]


def add(
    session: Session,
    sources: Sequence[str | os.PathLike[str]],
    options: AddOptions,
    *,
    wait: bool,
    progress: Callable[[Progress], None] | None,
) -> AddReport:
    """See :meth:`lookalike.Library.add`."""
    if not sources:
        raise UsageError("Name at least one folder, file, URL or table to add.")
    names = [os.fspath(source) for source in sources]
    with session.writing(wait=wait, progress=progress):
        view = session.now()
        view.check_build()
        pipeline = Pipeline(
            session.catalog,
            view.generation,
            options=options,
            settings=session.settings,
            progress=progress,
        )
        report = pipeline.run(names)
        if report.seen == 0 and not report.removed:
            raise EmptySourceError(f"There are no pictures in {', '.join(names)}.")
        if view.index.needs_rebuild():
            view.index.rebuild(progress, grow=True)
    return report
