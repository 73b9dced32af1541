"""The rows of the catalog as people see them, with the names of their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .catalog import Catalog, ImageRow
from .results import ImageInfo, Label, Progress

__all__ = ["label_name", "list_images", "list_with_vectors"]

_PAGE = 1000


def label_name(names: Sequence[str], index: int) -> str:
    """Return the name of a class, or its number where the model has no name for it."""
    return names[index] if 0 <= index < len(names) else f"class {index}"


def list_images(catalog: Catalog, names: Sequence[str]) -> Iterator[ImageInfo]:
    """Yield every image in the order in which they were added."""
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
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[tuple[list[ImageInfo], np.ndarray]]:
    """Yield batches of images with their vectors, float16 of shape (images, dimensions)."""
    after, done, total = 0, 0, catalog.count()
    while True:
        vector_ids, image_ids, vectors = catalog.vectors_after(generation_id, after, limit=_PAGE)
        if len(vector_ids) == 0:
            return
        after = int(vector_ids[-1])
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
