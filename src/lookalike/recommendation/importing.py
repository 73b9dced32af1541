"""Bring a table of events into the catalog: all of it in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lookalike.catalog import Catalog
from lookalike.catalog.events import NewEvents, add_events
from lookalike.results import EventImport, Progress

from .event_tables import EventColumns, ReadEvents, read_events
from .items import MATCH_IMAGE_ID, images_named

__all__ = ["import_events"]

_MOST_UNKNOWN = 20


def import_events(
    catalog: Catalog,
    path: Path,
    *,
    columns: EventColumns,
    match: str | None,
    kind: str,
    kinds: Mapping[str, str],
    progress: Callable[[Progress], None] | None = None,
) -> EventImport:
    """Read a table and store its events; what cannot be read or found is counted.

    Raises:
        SourceNotFoundError, TableError: the table cannot be read; nothing is stored.
        UsageError: no such kind of event, or no image has metadata of the name ``match``.
    """
    began = time.monotonic()

    def seen(rows: int) -> None:
        if progress is not None:
            progress(Progress(rows, None, stage="read"))

    read = read_events(path, columns=columns, kind=kind, kinds=kinds, seen=seen)
    if match is None and read.item_column.casefold().replace("_", "") == "imageid":
        match = MATCH_IMAGE_ID
    named = images_named(catalog, list(read.items), folder=path.absolute().parent, match=match)
    new = _new_events(read, named)
    if progress is not None:
        progress(Progress(len(read), len(read), stage="write"))
    added = 0
    if len(new.user_codes):
        with catalog.writing() as connection:
            added = add_events(connection, new)
    known = len(new.user_codes)
    return EventImport(
        rows=len(read) + read.failed,
        added=added,
        repeated=known - added,
        unknown=len(read) - known,
        failed=read.failed,
        users=len(new.users),
        unknown_items=_first_unknown(read, named),
        problems=tuple(read.problems),
        seconds=time.monotonic() - began,
    )


def _new_events(read: ReadEvents, named: Mapping[str, int]) -> NewEvents:
    image_of_item = np.array([named.get(name, 0) for name in read.items], np.int64)
    image_ids = image_of_item[np.array(read.item_codes, np.int64)]
    known = image_ids > 0  # ids count from 1
    codes = np.array(read.user_codes, np.int64)[known]
    present, codes = np.unique(codes, return_inverse=True)
    names = list(read.users)
    return NewEvents(
        [names[place] for place in present.tolist()],
        codes.astype(np.int64),
        image_ids[known],
        np.array(read.kinds, np.int64)[known],
        np.array(read.times, np.float64)[known],
        np.array(read.weights, np.float64)[known],
    )


def _first_unknown(read: ReadEvents, named: Mapping[str, int]) -> tuple[str, ...]:
    unknown: list[str] = []
    for name in read.items:
        if name not in named:
            unknown.append(name)
            if len(unknown) == _MOST_UNKNOWN:
                break
    return tuple(unknown)
