"""``lookalike stats``, ``list`` and ``export``: what a library holds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json, say_json_array
from lookalike.cli.options import (
    JsonOption,
    LibraryOption,
    OffsetOption,
    WhereOption,
    open_named,
    repeated_option,
)
from lookalike.cli.progress import show_progress
from lookalike.cli.words import byte_size, counted, index_line
from lookalike.errors import UsageError
from lookalike.results import Failure, ImageInfo, Stats

if TYPE_CHECKING:
    from lookalike.library.export import ExportFormat

__all__ = ["export", "list_images", "stats"]


@command
def stats(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Say what a library holds.

    Counts its images, their formats and what they show most.

    \b
    Example:
      lookalike stats
    """
    with open_named(library) as opened:
        found = opened.stats()
    if as_json:
        say_json(found.to_dict())
        return DONE
    for line in _stats_lines(found, repeated_option(library)):
        say(line)
    return DONE


def _stats_lines(found: Stats, option: str) -> Iterator[str]:
    formats = ", ".join(f"{clean(name)} {count:,}" for name, count in found.formats.items())
    yield f"library   {clean(found.path)}"
    yield f"images    {found.images:,}" + (f" ({formats})" if formats else "")
    if found.failed:
        yield f"failed    {found.failed:,} (lookalike list --failed{option} shows them)"
    yield f"model     {clean(found.model)}, {found.dimensions:,} dimensions"
    yield f"catalog   {byte_size(found.catalog_bytes)}"
    index = index_line(found.index_kind, found.index_vectors, found.tail_vectors)
    yield f"index     {index}, {byte_size(found.index_bytes)}"
    if found.labels:
        yield "shows"
        most = max(count for _, count in found.labels)
        width = max(len(name) for name, _ in found.labels)
        for name, count in found.labels:
            yield f"  {name:<{width}}  {count:>7,}  {'█' * max(1, round(30 * count / most))}"


@command
def list_images(
    library: LibraryOption = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="List what could not be read, and why.")
    ] = False,
    where: WhereOption = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD",
            help="Order of the list: a field with or without a minus, such as -added.",
            show_default=False,
        ),
    ] = None,
    offset: OffsetOption = 0,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-k", min=1, metavar="N", help="Print no more than this.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """List the images, or what could not be read.

    Filters and fields are those of search.

    \b
    Examples:
      lookalike list --limit 20
      lookalike list --where "width > height and folder = '~/Pictures'" --sort -modified
      lookalike list --failed
      lookalike list --json > images.json
    """
    if failed and (where is not None or sort is not None):
        raise UsageError("--where and --sort are for images; --failed lists what is none.")
    with open_named(library) as opened:
        rows: Iterator[ImageInfo | Failure]
        rows = iter(opened.failures()) if failed else opened.iterate(where=where, sort=sort)
        rows = islice(rows, offset, None if limit is None else offset + limit)
        if as_json:
            count = say_json_array(row.to_dict() for row in rows)
        else:
            count = 0
            for row in rows:
                say(_failure_line(row) if isinstance(row, Failure) else _image_line(row))
                count += 1
    if count == 0:
        note(_nothing(failed=failed, sifted=where is not None or offset > 0))
        return DONE if failed else FOUND_NOTHING
    return DONE


def _nothing(*, failed: bool, sifted: bool) -> str:
    if failed:
        return "No more failed." if sifted else "Nothing failed."
    return "No image passes." if sifted else "The library is empty."


def _image_line(image: ImageInfo) -> str:
    pixels = f"{image.width}×{image.height}"
    label = f"{image.labels[0].name}" if image.labels else ""
    size = "" if image.size is None else byte_size(image.size)
    return f"{pixels:>11}  {image.format:<5}{size:>9}  {clean(label):<24}  {clean(image.uri)}"


def _failure_line(failure: Failure) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(failure.time))
    return f"{when}  {clean(failure.uri)}: {clean(failure.reason)} ({clean(failure.kind)})"


@command
def export(
    destination: Annotated[
        str,
        typer.Argument(
            metavar="DEST",
            help="File to write, in .parquet, .npy, .jsonl or .csv; - is standard output.",
            show_default=False,
        ),
    ],
    library: LibraryOption = None,
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="parquet|npy|jsonl|csv",
            help="Format of the file; told by its name if not given.",
            show_default=False,
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV; as --format csv.")] = False,
    where: WhereOption = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Write vectors and metadata to a file.

    Parquet holds both; with npy the metadata goes to JSON lines beside it, in the order of
    the rows. JSON lines and CSV hold the metadata alone. To standard output go CSV (--csv) or
    JSON lines (--json).

    \b
    Examples:
      lookalike export photos.parquet
      lookalike export photos.npy
      lookalike export shoes.csv --where "category = 'shoe'"
      lookalike export - --json | head -3
    """
    if as_csv and file_format not in (None, "csv"):
        raise UsageError(f"--csv and --format {file_format} say two formats; give one.")
    wanted = cast("ExportFormat | None", "csv" if as_csv else file_format)
    with open_named(library) as opened, show_progress() as progress:
        if destination == "-":
            if as_csv and as_json:
                raise UsageError("--csv and --json say two formats; give one.")
            wanted = wanted or ("jsonl" if as_json else None)
            count = opened.export(sys.stdout.buffer, format=wanted, where=where)
            note(f"Wrote {counted(count)}.")
            return DONE
        count = opened.export(
            destination, format=wanted, where=where, force=force, progress=progress
        )
    if as_json:
        say_json({"images": count, "path": destination})
    else:
        say(f"Wrote {counted(count)} to {clean(destination)}.")
    return DONE
