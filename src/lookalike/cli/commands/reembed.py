"""``lookalike reembed``: the vectors of another model for all pictures of a library."""

from __future__ import annotations

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

__all__ = ["reembed"]

_SHOWN = 5


@command
def reembed(
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="Model to change to.", show_default=False)
    ],
    library: LibraryOption = None,
    drop_missing: Annotated[
        bool,
        typer.Option("--drop-missing", help="Remove pictures that cannot be read any more."),
    ] = False,
    keep_old: Annotated[
        bool,
        typer.Option("--keep-old", help="Keep the old vectors, so that going back is quick."),
    ] = False,
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
    """Change a library to another model.

    The pictures are read again and get vectors of the new model beside those they have. Until
    all have one, searches go on with the old model and pictures may be added; then the library
    changes over at once. Whatever ends the run, the same command goes on from there.

    \b
    Example:
      lookalike reembed --model shoes
    """
    with open_named(library) as opened, show_progress() as progress:
        report = opened.reembed(
            model,
            workers=workers,
            drop_missing=drop_missing,
            keep_old=keep_old,
            wait=not no_wait,
            progress=progress,
        )
    if as_json:
        say_json(report.to_dict())
        return DONE if report.switched else FOUND_NOTHING
    for failure in report.failures[:_SHOWN]:
        note(f"  {clean(failure.uri)}: {clean(failure.reason)}")
    if len(report.failures) > _SHOWN:
        note(f"  and {len(report.failures) - _SHOWN:,} more")
    done = f"{counted(report.embedded)} embedded in {report.seconds:.1f} s"
    if report.switched:
        dropped = f" {counted(report.removed)} removed." if report.removed else ""
        say(f"The library is searched with {clean(report.model)} now: {done}.{dropped}")
        return DONE
    option = repeated_option(library)
    say(f"The library is searched as before: {done}, and some cannot be read.")
    note(
        "Bring them back and run this again, or give them up: "
        f"lookalike reembed --model {clean(model)} --drop-missing{option}"
    )
    return FOUND_NOTHING
