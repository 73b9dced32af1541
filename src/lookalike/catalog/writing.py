"""One batch of changes, written inside a transaction that the caller holds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from lookalike.errors import NotInLibraryError, UsageError

from .picture_colours import store_colours
from .picture_parts import contents_of, drop_unused_parts, store_parts
from .records import Generation, KnownFailure, NewImage, SourceFields, chunks
from .tables import deletions, failures, images, labels, vectors

__all__ = ["apply_batch", "encode_vector", "ids_of_uris"]


def encode_vector(vector: Any, generation: Generation) -> bytes:
    """Return a vector as the bytes that are stored: float16, little-endian.

    Raises:
        UsageError: the shape is not (dimensions,), or a value is not finite in float16.
    """
    array = np.asarray(vector)
    if array.shape != (generation.dimensions,):
        raise UsageError(
            f"A vector of shape {array.shape} does not fit {generation.model}, "
            f"whose vectors have the shape ({generation.dimensions},)."
        )
    with np.errstate(over="ignore"):
        half = array.astype("<f2")
    if not np.isfinite(half).all():
        raise UsageError("A vector holds values that are not finite in float16.")
    return half.tobytes()


def ids_of_uris(connection: sa.Connection, uris: Iterable[str]) -> dict[str, int]:
    """Return the ids of those uris that are stored."""
    found: dict[str, int] = {}
    for chunk in chunks(uris):
        query = sa.select(images.c.uri, images.c.id).where(images.c.uri.in_(chunk))
        found.update((uri, image_id) for uri, image_id in connection.execute(query))
    return found


def apply_batch(
    connection: sa.Connection,
    generation: Generation,
    *,
    store: Sequence[NewImage],
    copy: Sequence[tuple[int, SourceFields]],
    rename: Sequence[tuple[int, SourceFields]],
    touch: Sequence[tuple[int, SourceFields]],
    failed: Sequence[KnownFailure],
    remove: Sequence[int],
    forget: Sequence[str],
) -> None:
    """Write the changes in this order: remove, rename, touch, copy, store, failed, forget."""
    written = [one.uri for one in store]
    written += [source.uri for _, source in (*copy, *rename)]
    leaving = contents_of(connection, image_ids=remove, uris=written)
    _remove(connection, remove)
    _rename(connection, rename)
    _touch(connection, touch)
    _copy(connection, copy)
    _store(connection, generation, store)
    store_colours(
        connection, {one.content_hash: one.colours for one in store if one.colours is not None}
    )
    store_parts(
        connection,
        generation,
        {one.content_hash: one.parts for one in store if one.parts is not None},
    )
    drop_unused_parts(connection, leaving)
    _fail(connection, failed)
    succeeded = [image.uri for image in store]
    succeeded += [source.uri for _, source in (*copy, *rename, *touch)]
    lost = {failure.uri for failure in failed}
    _forget(connection, [uri for uri in succeeded if uri not in lost])
    _forget(connection, forget)


def _remove(connection: sa.Connection, image_ids: Iterable[int]) -> None:
    for chunk in chunks(image_ids):
        _drop_vectors(connection, chunk)
        connection.execute(sa.delete(images).where(images.c.id.in_(chunk)))


def _drop_vectors(connection: sa.Connection, image_ids: Sequence[int]) -> None:
    """Delete vectors and labels, and tell the indexes through the log of deletions."""
    dead = (
        sa.select(vectors.c.generation_id, vectors.c.id)
        .where(vectors.c.image_id.in_(image_ids))
        .order_by(vectors.c.id)
    )
    connection.execute(sa.insert(deletions).from_select(["generation_id", "vector_id"], dead))
    connection.execute(sa.delete(vectors).where(vectors.c.image_id.in_(image_ids)))
    connection.execute(sa.delete(labels).where(labels.c.image_id.in_(image_ids)))


def _rename(connection: sa.Connection, renames: Sequence[tuple[int, SourceFields]]) -> None:
    if not renames:
        return
    # Two images may swap names: all step aside before the first takes its new one.
    connection.execute(
        sa.update(images).where(images.c.id == sa.bindparam("key")),
        [{"key": image_id, "uri": f"\x1a{image_id}"} for image_id, _ in renames],
    )
    _remove(connection, ids_of_uris(connection, [source.uri for _, source in renames]).values())
    _update_sources(connection, renames, keep_uri=False)


def _touch(connection: sa.Connection, touched: Sequence[tuple[int, SourceFields]]) -> None:
    if touched:
        _update_sources(connection, touched, keep_uri=True)


def _update_sources(
    connection: sa.Connection, changed: Sequence[tuple[int, SourceFields]], *, keep_uri: bool
) -> None:
    rows = []
    for image_id, source in changed:
        row = _source_values(source)
        if keep_uri:
            del row["uri"]
        rows.append(row | {"key": image_id})
    connection.execute(sa.update(images).where(images.c.id == sa.bindparam("key")), rows)


def _copy(connection: sa.Connection, copies: Sequence[tuple[int, SourceFields]]) -> None:
    """Store images whose content is stored already: vectors and labels are taken from there."""
    for image_id, source in copies:
        row = connection.execute(sa.select(images).where(images.c.id == image_id)).mappings()
        content = row.one_or_none()
        if content is None:
            raise NotInLibraryError(f"There is no image {image_id} to copy the vector from.")
        present = ids_of_uris(connection, [source.uri])
        if present.get(source.uri) == image_id:
            _update_sources(connection, [(image_id, source)], keep_uri=True)
            continue
        values = dict(content) | _source_values(source) | {"added": time.time()}
        del values["id"]
        (new_id,) = _upsert(connection, [values])
        connection.execute(
            sa.insert(vectors).from_select(
                ["image_id", "generation_id", "data"],
                sa.select(sa.literal(new_id), vectors.c.generation_id, vectors.c.data).where(
                    vectors.c.image_id == image_id
                ),
            )
        )
        connection.execute(
            sa.insert(labels).from_select(
                ["image_id", "rank", "label", "probability"],
                sa.select(
                    sa.literal(new_id), labels.c.rank, labels.c.label, labels.c.probability
                ).where(labels.c.image_id == image_id),
            )
        )


def _store(
    connection: sa.Connection, generation: Generation, new_images: Sequence[NewImage]
) -> None:
    latest = list({image.uri: image for image in new_images}.values())
    if not latest:
        return
    now = time.time()
    ids = _upsert(connection, [_image_values(image) | {"added": now} for image in latest])
    connection.execute(
        sa.insert(vectors),
        [
            {
                "image_id": image_id,
                "generation_id": generation.id,
                "data": encode_vector(image.vector, generation),
            }
            for image_id, image in zip(ids, latest, strict=True)
        ],
    )
    label_rows = [
        {"image_id": image_id, "rank": rank, "label": int(label), "probability": float(value)}
        for image_id, image in zip(ids, latest, strict=True)
        for rank, (label, value) in enumerate(image.labels)
    ]
    if label_rows:
        connection.execute(sa.insert(labels), label_rows)


def _upsert(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Write image rows, replacing those of the same uri, and return their ids in order.

    A replaced image keeps its id and the time it was added; its vectors and labels go.
    """
    uris = [row["uri"] for row in rows]
    present = ids_of_uris(connection, uris)
    new = [row for row in rows if row["uri"] not in present]
    if new:
        connection.execute(sa.insert(images), new)
    if present:
        for chunk in chunks(present.values()):
            _drop_vectors(connection, chunk)
        replaced = []
        for row in rows:
            if row["uri"] in present:
                values = row | {"key": present[row["uri"]]}
                del values["added"]
                replaced.append(values)
        connection.execute(sa.update(images).where(images.c.id == sa.bindparam("key")), replaced)
    ids = ids_of_uris(connection, uris)
    return [ids[uri] for uri in uris]


def _fail(connection: sa.Connection, failed: Sequence[KnownFailure]) -> None:
    latest = {failure.uri: failure for failure in failed}
    if not latest:
        return
    _forget(connection, list(latest))
    connection.execute(
        sa.insert(failures),
        [
            {
                "uri": failure.uri,
                "kind": failure.kind,
                "reason": failure.reason,
                "size": failure.size,
                "mtime_ns": failure.mtime_ns,
                "time": failure.time,
            }
            for failure in latest.values()
        ],
    )


def _forget(connection: sa.Connection, uris: Sequence[str]) -> None:
    for chunk in chunks(uris):
        connection.execute(sa.delete(failures).where(failures.c.uri.in_(chunk)))


def _source_values(source: SourceFields | NewImage) -> dict[str, Any]:
    return {
        "uri": source.uri,
        "url": source.url,
        "page_url": source.page_url,
        "size": source.size,
        "mtime_ns": source.mtime_ns,
        "metadata": dict(source.metadata),
    }


def _image_values(image: NewImage) -> dict[str, Any]:
    return _source_values(image) | {
        "content_hash": image.content_hash,
        "perceptual_hash": image.perceptual_hash,
        "width": image.width,
        "height": image.height,
        "format": image.format,
    }
