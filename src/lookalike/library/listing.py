"""The rows of the catalog as people see them, with the names of their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, ImageRow
from lookalike.errors import NotInLibraryError, UsageError
from lookalike.results import Facet, ImageInfo, ImagePage, Label, LabelCount, Progress, Stats

from .cursor import Cursor
from .finding import Address, find_image
from .session import Session

__all__ = ["facets", "get", "iterate", "label_name", "page", "stats", "with_vectors"]

_PAGE = 1000


def label_name(names: Sequence[str], index: int) -> str:
    """Return the name of a class, or its number where the model has no name for it."""
    return names[index] if 0 <= index < len(names) else f"class {index}"


def stats(session: Session, *, labels: int) -> Stats:
    """See :meth:`lookalike.Library.stats`."""
    if isinstance(labels, bool) or not isinstance(labels, int) or labels < 0:
        raise UsageError(f"labels is {labels!r}; expected a whole number, 0 or more.")
    catalog, view = session.catalog, session.now()
    status, names = view.index.status(), view.label_names
    return Stats(
        path=str(session.folder),
        images=catalog.count(),
        failed=catalog.failure_count(),
        model=view.generation.model,
        dimensions=view.generation.dimensions,
        formats=catalog.format_counts(),
        labels=tuple(
            LabelCount(label_name(names, index), count)
            for index, count in catalog.label_counts(labels)
        ),
        catalog_bytes=sum(path.stat().st_size for path in session.folder.glob("catalog.sqlite*")),
        index_bytes=status.bytes,
        index_kind=status.kind,
        index_vectors=status.vectors,
        tail_vectors=status.tail,
    )


def get(session: Session, address: Address) -> ImageInfo:
    """See :meth:`lookalike.Library.get`."""
    image_id = find_image(session.catalog, address)
    row = session.catalog.images([image_id]).get(image_id)
    if row is None:  # removed by another process between the two look-ups
        raise NotInLibraryError(f"The library holds no image with the id {image_id}.")
    return _info(row, session.now().label_names)


def iterate(session: Session, where: str | None, sort: str | None) -> Iterator[ImageInfo]:
    """See :meth:`lookalike.Library.iterate`; what makes no sense is told before the first image."""
    view = session.now()
    ids = view.filters.listed(where, sort) if where is not None or sort is not None else None
    return _every(session, view.label_names, ids)


def _every(
    session: Session, names: Sequence[str], image_ids: NDArray[np.int64] | None
) -> Iterator[ImageInfo]:
    if image_ids is not None:
        for start in range(0, len(image_ids), _PAGE):
            page = image_ids[start : start + _PAGE].tolist()
            yield from _these(session.catalog, names, page)
        return
    after = 0
    while rows := session.catalog.iterate(after, limit=_PAGE):
        for row in rows:
            yield _info(row, names)
        after = rows[-1].image_id


def page(
    session: Session, where: str | None, sort: str | None, *, limit: int, after: str | None
) -> ImagePage:
    """See :meth:`lookalike.Library.images`."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise UsageError(f"limit is {limit!r}; expected a whole number, 1 or more.")
    cursor = Cursor.read(after, where, sort)
    view, catalog = session.now(), session.catalog
    if where is None and sort is None:
        rows = catalog.iterate(cursor.last_id, limit=limit + 1)
        ids = [row.image_id for row in rows]
    else:
        listed = view.filters.listed(where, sort)
        start = cursor.place_in(listed, in_order_of_ids=sort is None)
        ids = listed[start : start + limit + 1].tolist()
    images = tuple(_these(catalog, view.label_names, ids[:limit]))
    more = len(ids) > limit
    following = (
        Cursor(where, sort, cursor.place + limit, ids[limit - 1]).written() if more else None
    )
    return ImagePage(images, following)


def facets(
    session: Session, fields: str | Sequence[str], where: str | None, *, k: int
) -> dict[str, Facet]:
    """See :meth:`lookalike.Library.facets`."""
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise UsageError(f"k is {k!r}; expected a whole number, 1 or more.")
    names = [fields] if isinstance(fields, str) else list(fields)
    filters = session.now().filters
    return {name: filters.facet(name, where, k=k) for name in names}


def _these(catalog: Catalog, names: Sequence[str], ids: Sequence[int]) -> Iterator[ImageInfo]:
    found = catalog.images(ids)
    return (_info(found[one], names) for one in ids if one in found)


def with_vectors(
    session: Session, where: str | None, progress: Callable[[Progress], None] | None
) -> tuple[Iterator[tuple[list[ImageInfo], np.ndarray]], int]:
    """Return batches of images with their vectors, float16 (images, dimensions), and how many.

    The number is that of the images wanted as of now; others may come and go meanwhile.

    Raises:
        UsageError: the filter makes no sense.
    """
    allowed = None if where is None else session.now().filters.allowed(where)
    count = session.catalog.count() if allowed is None else len(allowed)
    return _with_vectors(session, allowed, count, progress), count


def _with_vectors(
    session: Session,
    allowed: NDArray[np.int64] | None,
    total: int,
    progress: Callable[[Progress], None] | None,
) -> Iterator[tuple[list[ImageInfo], np.ndarray]]:
    catalog, view = session.catalog, session.now()
    after, done = 0, 0
    while True:
        vector_ids, image_ids, vectors = catalog.vectors_after(
            view.generation.id, after, limit=_PAGE
        )
        if len(vector_ids) == 0:
            return
        after = int(vector_ids[-1])
        if allowed is not None:
            wanted = np.isin(image_ids, allowed)
            image_ids, vectors = image_ids[wanted], vectors[wanted]
        rows = catalog.images(image_ids.tolist())
        kept = [place for place, image_id in enumerate(image_ids.tolist()) if image_id in rows]
        names = view.label_names
        yield [_info(rows[int(image_ids[place])], names) for place in kept], vectors[kept]
        done += len(kept)
        if progress is not None:
            progress(Progress(done, total, stage="export"))


def _info(row: ImageRow, names: Sequence[str]) -> ImageInfo:
    return ImageInfo(
        image_id=row.image_id,
        uri=row.uri,
        url=row.url,
        page_url=row.page_url,
        width=row.width,
        height=row.height,
        format=row.format,
        size=row.size,
        added=row.added,
        metadata=row.metadata,
        labels=tuple(Label(label_name(names, index), value) for index, value in row.labels),
    )
