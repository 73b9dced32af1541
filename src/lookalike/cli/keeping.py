"""``lookalike remove``, ``stats``, ``list``, ``export`` and ``rebuild-index``."""

from __future__ import annotations

import json as json_
import sys
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from lookalike.results import Failure, ImageInfo

from .app import open_library
from .console import clean, note, out, print_json
from .progress import shown

__all__ = ["run_export", "run_list", "run_rebuild_index", "run_remove", "run_stats"]


def run_remove(
    targets: list[str], library: Path | None, *, yes: bool, wait: bool, json: bool
) -> int:
    """Forget images; asks first when several would go and somebody is there to answer."""
    with open_library(library) as opened:
        count = opened.matches(*targets)
        if count > 1 and not yes and sys.stdin.isatty() and not json:
            import typer

            typer.confirm(f"Forget {count:,} images? The files stay.", abort=True, err=True)
        removed = opened.remove(*targets, wait=wait)
    if json:
        print_json({"removed": removed})
    else:
        out().print(f"{removed:,} images forgotten; their files are where they were")
    return 0


def run_stats(library: Path | None, *, json: bool) -> int:
    """Print what the library holds."""
    with open_library(library) as opened:
        stats = opened.stats()
    if json:
        print_json(stats.to_dict())
        return 0
    formats = ", ".join(f"{name} {count:,}" for name, count in stats.formats.items())
    rows = [
        ("library", stats.path),
        ("images", f"{stats.images:,}" + (f" ({formats})" if formats else "")),
        ("failed", f"{stats.failed:,}" + (": lookalike list --failed" if stats.failed else "")),
        ("model", f"{stats.model}, {stats.dimensions} dimensions"),
        (
            "index",
            f"{stats.index_kind}, {stats.index_vectors:,} vectors"
            f" and {stats.tail_vectors:,} not in it yet",
        ),
        ("on disk", f"catalog {_size(stats.catalog_bytes)}, index {_size(stats.index_bytes)}"),
    ]
    for name, value in rows:
        out().print(clean(f"{name:>8}  {value}"), soft_wrap=True)
    if stats.labels:
        out().print(f"{'shows':>8}  " + "most probable name of each image:")
        widest = max(count for _, count in stats.labels)
        for label, count in stats.labels:
            bar = "█" * max(1, round(24 * count / widest))
            out().print(clean(f"{count:>18,}  {label[:36]:36} {bar}"), soft_wrap=True)
    return 0


def run_list(library: Path | None, *, failed: bool, limit: int | None, json: bool) -> int:
    """Print the images, or the failures with their reasons; 1 when there are none."""
    with open_library(library) as opened:
        rows: Iterable[Failure | ImageInfo] = opened.failures() if failed else opened.images()
        count = _print_rows(islice(rows, limit), json=json)
    if count == 0 and not failed:
        note("The library is empty.")
        return 1
    if count == 0:
        note("Nothing has failed.")
    return 0


def _print_rows(rows: Iterable[Failure | ImageInfo], *, json: bool) -> int:
    """Print rows as they come, so that a long list begins at once; return how many."""
    count = 0
    if json:
        sys.stdout.write("[")
    for count, row in enumerate(rows, start=1):
        if json:
            sys.stdout.write("\n" if count == 1 else ",\n")
            sys.stdout.write(json_.dumps(row.to_dict(), ensure_ascii=False))
        else:
            out().print(clean(_line(row)), soft_wrap=True)
    if json:
        sys.stdout.write("\n]\n" if count else "]\n")
    return count


def _line(row: Failure | ImageInfo) -> str:
    if isinstance(row, Failure):
        return f"{row.uri}: {row.reason}"
    name = row.labels[0].name if row.labels else ""
    size = f"{row.width}×{row.height}"
    return f"{size:>11} {row.format:5} {row.uri}  {name}"


def run_export(destination: Path, library: Path | None, *, format: str | None, json: bool) -> int:
    """Write vectors and metadata to a file."""
    with open_library(library) as opened:
        count = opened.export(destination, format=format)
    if json:
        print_json({"images": count, "file": str(destination)})
    else:
        out().print(clean(f"{count:,} images written to {destination}"), soft_wrap=True)
    return 0


def run_rebuild_index(library: Path | None, *, wait: bool, json: bool) -> int:
    """Build the index anew."""
    with open_library(library) as opened, shown(quiet=json) as progress:
        status = opened.rebuild_index(progress=progress, wait=wait)
    if json:
        print_json(asdict(status))
    else:
        out().print(f"{status.kind} index of {status.vectors:,} vectors, {_size(status.bytes)}")
    return 0


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
