"""Write a library's vectors and metadata to files that other tools read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np

from lookalike.errors import UsageError
from lookalike.results import ImageInfo, Progress

from .listing import with_vectors
from .session import Session

__all__ = ["ExportFormat", "Rows", "export_library", "export_npy", "export_parquet", "guess_format"]

ExportFormat: TypeAlias = Literal["parquet", "npy"]
Rows: TypeAlias = Iterable[tuple[list[ImageInfo], np.ndarray]]
"""Batches of images and their vectors, float of shape (images, dimensions)."""


def guess_format(destination: Path, given: str | None) -> ExportFormat:
    """Return the format that is given, or else the one that the file's name says.

    Raises:
        UsageError: neither says one of ``parquet`` and ``npy``.
    """
    if destination.suffix.lower() == ".jsonl" and given == "npy":
        raise UsageError(
            f"{destination.name} is the name of the metadata that goes beside the vectors; end it "
            "in .npy."
        )
    name = given if given is not None else destination.suffix.lower().removeprefix(".")
    if name == "parquet":
        return "parquet"
    if name == "npy":
        return "npy"
    if given is not None:
        raise UsageError(f"There is no format {given!r}; known are parquet and npy.")
    raise UsageError(
        f"The name {destination.name!r} says no format: end it in .parquet or .npy, "
        "or name the format."
    )


def export_library(
    session: Session,
    destination: Path,
    format: ExportFormat | None,
    *,
    where: str | None,
    progress: Callable[[Progress], None] | None,
) -> int:
    """See :meth:`lookalike.Library.export`."""
    path = destination.expanduser()
    kind = guess_format(path, format)
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write {path.name} to.")
    dimensions = session.now().generation.dimensions
    rows, count = with_vectors(session, where, progress)
    if kind == "parquet":
        return export_parquet(rows, path, dimensions)
    return export_npy(rows, path, dimensions, count)


def export_parquet(rows: Rows, destination: Path, dimensions: int) -> int:
    """Write one row an image, its vector as a fixed-size list of float32; return how many.

    The other columns are uri, url, page_url, width, height, format, size, and, as JSON text,
    labels and metadata. Rows are written as they come, so memory stays bounded.
    """
    from arro3.core import RecordBatchReader
    from arro3.io import write_parquet

    count = 0

    def batches() -> Iterator[Any]:
        nonlocal count
        for images, vectors in rows:
            count += len(images)
            yield _record_batch(images, vectors, dimensions)

    schema = _record_batch([], np.empty((0, dimensions)), dimensions).schema
    with _atomically(destination) as stream:
        write_parquet(
            RecordBatchReader.from_batches(schema, batches()), stream, compression="zstd(3)"
        )
    return count


def export_npy(rows: Rows, destination: Path, dimensions: int, total: int) -> int:
    """Write the vectors as float32 of shape (images, dimensions) and, beside, JSON lines.

    ``photos.npy`` comes with ``photos.jsonl``, whose lines are in the order of the rows.
    ``total`` is the number of images expected. Returns how many were written.
    """
    count = 0
    with (
        _atomically(destination) as stream,
        _atomically(destination.with_suffix(".jsonl")) as lines,
    ):
        _write_header(stream, total, dimensions)
        for images, vectors in rows:
            count += len(images)
            stream.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
            for image in images:
                lines.write(json.dumps(image.to_dict()).encode("ascii") + b"\n")
        if count != total:  # another process added or removed images meanwhile
            stream.seek(0)
            _write_header(stream, count, dimensions)
    return count


def _write_header(stream: BinaryIO, count: int, dimensions: int) -> None:
    # Padded by NumPy so that a number of up to 20 digits fits in the same place.
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f4", "fortran_order": False, "shape": (count, dimensions)}
    )


def _record_batch(images: list[ImageInfo], vectors: np.ndarray, dimensions: int) -> Any:
    from arro3.core import Array, DataType, RecordBatch, fixed_size_list_array

    def column(values: list[Any], kind: Any) -> Any:
        return Array(values, kind)

    text, whole = DataType.utf8(), DataType.int64()
    flat = np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1)
    return RecordBatch.from_arrays(
        [
            column([_plain(image.uri) for image in images], text),
            column([image.url for image in images], text),
            column([image.page_url for image in images], text),
            column([image.width for image in images], whole),
            column([image.height for image in images], whole),
            column([image.format for image in images], text),
            column([image.size for image in images], whole),
            column(
                [json.dumps([label.to_dict() for label in image.labels]) for image in images],
                text,
            ),
            column(
                [json.dumps(dict(image.metadata), ensure_ascii=False) for image in images], text
            ),
            fixed_size_list_array(Array.from_numpy(flat), dimensions),
        ],
        names=[
            *("uri", "url", "page_url", "width", "height", "format", "size"),
            *("labels", "metadata", "vector"),
        ],
    )


def _plain(text: str) -> str:
    """Return text that is valid Unicode; bytes of a file name that are not become \\xNN."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@contextmanager
def _atomically(destination: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose file takes its name only when all has been written."""
    partial = destination.with_name(destination.name + ".partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(destination)
    finally:
        partial.unlink(missing_ok=True)
