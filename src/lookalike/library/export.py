"""Write a library's vectors and metadata to files that other tools read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias, cast, get_args

import numpy as np

from lookalike.catalog.columns import user_columns
from lookalike.errors import LibraryStorageError, LookalikeError, UsageError
from lookalike.results import ImageInfo, Progress

from .listing import iterate, with_vectors
from .session import Session

__all__ = [
    "ExportFormat",
    "Rows",
    "export_csv",
    "export_jsonl",
    "export_library",
    "export_npy",
    "export_parquet",
    "guess_format",
]

ExportFormat: TypeAlias = Literal["parquet", "npy", "jsonl", "csv"]
_COLUMNS = (
    "uri",
    "url",
    "page_url",
    "width",
    "height",
    "format",
    "size",
    "added",
    "labels",
)

Rows: TypeAlias = Iterable[tuple[list[ImageInfo], np.ndarray]]
"""Batches of images and their vectors, float of shape (images, dimensions)."""


def guess_format(name: str, given: str | None) -> ExportFormat:
    """Return the format that is given, or else the one that the file's name says.

    Raises:
        UsageError: neither says a known format.
    """
    ending = Path(name).suffix.lower().removeprefix(".")
    if ending == "jsonl" and given == "npy":
        raise UsageError(
            f"{name} is the name of the metadata that goes beside the vectors; end it in .npy."
        )
    wanted = ending if given is None else given
    for known in get_args(ExportFormat):
        if wanted == known:
            return cast("ExportFormat", known)
    formats = ", ".join(get_args(ExportFormat)[:-1]) + f" and {get_args(ExportFormat)[-1]}"
    if given is not None:
        raise UsageError(f"There is no format {given!r}; known are {formats}.")
    raise UsageError(
        f"The name {name!r} says no format: end it in .parquet, .npy, .jsonl or .csv, or name the "
        "format."
    )


def export_library(
    session: Session,
    destination: Path | BinaryIO,
    format: ExportFormat | None,
    *,
    where: str | None,
    force: bool,
    progress: Callable[[Progress], None] | None,
) -> int:
    """See :meth:`lookalike.Library.export`."""
    if not isinstance(destination, Path):
        kind = guess_format("", format)
        if kind == "npy":
            raise UsageError("The format npy is two files; it cannot go to a stream.")
        return _write(session, kind, destination, where, progress)
    path = destination.expanduser()
    kind = guess_format(path.name, format)
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write {path.name} to.")
    beside = [path.with_suffix(".jsonl")] if kind == "npy" else []
    for taken in (path, *beside):
        if taken.exists() and not force:
            raise UsageError(f"{taken} is there already. Write over it with force (--force).")
    if kind == "npy":
        rows, count = with_vectors(session, where, progress)
        return export_npy(rows, path, session.now().generation.dimensions, count)
    with _atomically(path) as stream:
        return _write(session, kind, stream, where, progress)


def _write(
    session: Session,
    kind: ExportFormat,
    stream: BinaryIO,
    where: str | None,
    progress: Callable[[Progress], None] | None,
) -> int:
    if kind == "parquet":
        rows, _ = with_vectors(session, where, progress)
        return export_parquet(rows, stream, session.now().generation.dimensions)
    images = iterate(session, where, None)
    if kind == "csv":
        with session.catalog.reading() as connection:
            columns = user_columns(connection)
        return export_csv(images, stream, columns)
    return export_jsonl(images, stream)


def export_jsonl(images: Iterable[ImageInfo], stream: BinaryIO) -> int:
    """Write what is known of each image, without its vector, as a line of JSON; return how many."""
    count = 0
    for image in images:
        stream.write(_json_line(image))
        count += 1
    return count


def export_csv(images: Iterable[ImageInfo], stream: BinaryIO, columns: Sequence[str]) -> int:
    """Write what is known of each image, without its vector, as a row of CSV; return how many.

    ``columns`` are those of the metadata; one whose name is taken is called ``metadata.NAME``.
    Labels are names and probabilities, ``cat 0.81; sofa 0.1``; lists and objects are JSON.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        own = [f"metadata.{name}" if name in _COLUMNS else name for name in columns]
        writer.writerow([*_COLUMNS, *map(_plain, own)])
        count = 0
        for image in images:
            count += 1
            labels = "; ".join(f"{one.name} {one.probability:.4g}" for one in image.labels)
            fixed = [getattr(image, name) for name in _COLUMNS[:-1]]
            writer.writerow(
                [*map(_cell, fixed), labels, *(_cell(image.metadata.get(name)) for name in columns)]
            )
        return count
    finally:
        text.flush()
        text.detach()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _plain(text)


def _json_line(image: ImageInfo) -> bytes:
    return json.dumps(image.to_dict()).encode("ascii") + b"\n"


def export_parquet(rows: Rows, stream: BinaryIO, dimensions: int) -> int:
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
    write_parquet(RecordBatchReader.from_batches(schema, batches()), stream, compression="zstd(3)")
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
                lines.write(_json_line(image))
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
    """Yield a stream whose file takes its name only when all has been written.

    Raises:
        LibraryStorageError: the disk is full, or the folder may not be written.
    """
    partial = destination.with_name(destination.name + ".partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(destination)
    except LookalikeError:
        raise
    except OSError as error:
        raise LibraryStorageError(
            f"{destination} cannot be written: {error.strerror or error}."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
