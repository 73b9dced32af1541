"""The rows of the catalog as people see them, with the names of their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation, ImageRow
from lookalike.index import IndexStatus
from lookalike.results import ImageInfo, Label, Progress, Stats

__all__ = ["label_name", "library_stats", "list_images", "list_with_vectors"]

_PAGE = 1000


def label_name(names: Sequence[str], index: int) -> str:
    """Return the name of a class, or its number where the model has no name for it."""
    return names[index] if 0 <= index < len(names) else f"class {index}"


def library_stats(
    folder: Path,
    catalog: Catalog,
    generation: Generation,
    status: IndexStatus,
    names: Sequence[str],
    *,
    labels: int,
) -> Stats:
    """Return what a library holds, with the ``labels`` most frequent names."""
    return Stats(
        path=str(folder),
        images=catalog.count(),
        failed=catalog.failure_count(),
        model=generation.model,
        dimensions=generation.dimensions,
        formats=catalog.format_counts(),
        labels=tuple(
            (label_name(names, index), count) for index, count in catalog.label_counts(labels)
        ),
        catalog_bytes=sum(path.stat().st_size for path in folder.glob("catalog.sqlite*")),
        index_bytes=status.bytes,
        index_kind=status.kind,
        index_vectors=status.vectors,
        tail_vectors=status.tail,
    )


def list_images(
    catalog: Catalog, names: Sequence[str], image_ids: NDArray[np.int64] | None = None
) -> Iterator[ImageInfo]:
    """Yield the images of these ids in their order, or all in the order of their adding."""
    if image_ids is not None:
        for start in range(0, len(image_ids), _PAGE):
            part = image_ids[start : start + _PAGE].tolist()
            found = catalog.images(part)
            yield from (_info(found[one], names) for one in part if one in found)
        return
    after = 0
    while rows := catalog.iterate(after, limit=_PAGE):
        for row in rows:
            yield _info(row, names)
        after = rows[-1].image_id


def list_with_vectors(
    catalog: Catalog,
    generation_id: int,
    names: Sequence[str],
    *,
    allowed: NDArray[np.int64] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[tuple[list[ImageInfo], np.ndarray]]:
    """Yield batches of images with their vectors, float16 of shape (images, dimensions).

    ``allowed`` are the ids of those wanted, all without it.
    """
    after, done, total = 0, 0, catalog.count() if allowed is None else len(allowed)
    while True:
        vector_ids, image_ids, vectors = catalog.vectors_after(generation_id, after, limit=_PAGE)
        if len(vector_ids) == 0:
            return
        after = int(vector_ids[-1])
        if allowed is not None:
            wanted = np.isin(image_ids, allowed)
            image_ids, vectors = image_ids[wanted], vectors[wanted]
        rows = catalog.images(image_ids.tolist())
        kept = [place for place, image_id in enumerate(image_ids.tolist()) if image_id in rows]
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
