"""``lookalike index``: bring a library up to date with folders, files, URLs and tables."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.options import (
    JsonOption,
    LibraryOption,
    NoWaitOption,
    open_named,
    repeated_option,
)
from lookalike.cli.progress import show_progress
from lookalike.cli.words import counted

__all__ = ["index"]

_SHOWN = 5


@command
def index(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Folders, picture files, picture URLs, or tables "
            "(.csv, .tsv, .jsonl, .parquet) with a column of paths or URLs.",
            show_default=False,
        ),
    ],
    library: LibraryOption = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="Take only files whose name or path matches, such as '*.jpg'; may be repeated.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="Leave out files whose name or path matches; may be repeated.",
            show_default=False,
        ),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of a table that holds the path or URL of the picture; guessed if not "
            "given.",
            show_default=False,
        ),
    ] = None,
    page_url_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of a table that holds the page to show for the picture.",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Forget pictures that are gone from the folders named.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read everything again, changed or not.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what could not be read before.")
    ] = False,
    parts: Annotated[
        bool | None,
        typer.Option(
            "--parts/--no-parts",
            help="Also give vectors to nine parts of each picture, for search --parts: up to ten "
            "times the time. Without either: if the library has parts.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Processes that decode and encode; one for each core if not given.",
            show_default=False,
        ),
    ] = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Index folders, files, URLs and tables of pictures.

    What has not changed since the last time is left alone, so the same command brings a
    library up to date. A picture that cannot be read is noted and never stops the run.
    Ctrl-C keeps what was done; the next run goes on from there.

    \b
    Examples:
      lookalike index ~/Pictures
      lookalike index ~/Pictures --exclude 'Screenshots/*' --prune
      lookalike index products.csv --image-column photo --page-url-column link
      lookalike index https://example.org/one.jpg --library shop.lookalike
      lookalike index posters/ --parts
    """
    from lookalike.sources import find_items

    # A wrong path is told before a library is made for it.
    find_items(paths, image_column=image_column, page_url_column=page_url_column)
    with open_named(library, create=True) as opened:
        with show_progress() as progress:
            report = opened.add(
                *paths,
                include=include or (),
                exclude=exclude or (),
                image_column=image_column,
                page_url_column=page_url_column,
                prune=prune,
                refresh=refresh,
                retry_failed=retry_failed,
                parts=parts,
                workers=workers,
                wait=not no_wait,
                progress=progress,
            )
        total = len(opened)
    if as_json:
        say_json(report.to_dict() | {"images": total})
    else:
        say(f"{report}. The library holds {counted(total)}.")
    option = repeated_option(library)
    for failure in report.failures[:_SHOWN]:
        note(f"  {clean(failure.uri)}: {clean(failure.reason)}")
    if report.failed > _SHOWN:
        note(f"  and {report.failed - _SHOWN:,} more")
    if report.failed or report.skipped:
        again = " --retry-failed tries what was skipped." if report.skipped else ""
        note(f"lookalike list --failed{option} shows all that could not be read.{again}")
    if prune and not any(os.path.isdir(path) for path in paths):  # noqa: PTH112
        note("--prune looks at folders only. For rows gone from a table: lookalike remove PATH")
    if (report.added or report.updated) and not as_json:
        note(f"Next: lookalike search PICTURE{option}")
    return FOUND_NOTHING if report.failed else DONE
