"""``lookalike label``: teach a library names of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, complain, note, say, say_json
from lookalike.cli.inputs import read_input
from lookalike.cli.options import JsonOption, LibraryOption, NoWaitOption, open_named
from lookalike.cli.progress import show_progress
from lookalike.cli.words import counted, percent

__all__ = ["label"]

_SHOWN = 10

label = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Your name for what is shown.")]


@label.callback()
def every_label() -> None:
    """Teach names of your own, for lookalike recognize --library.

    A few examples are enough: one works, five are good, and a wrong one is taken back with
    remove. What is like none of them is called unknown. Each of the commands takes --json.

    \b
    Examples:
      lookalike label add shoe a.jpg b.jpg
      lookalike label learn goods/           one folder for each name
      lookalike label learn --column category
      lookalike label list
      lookalike label check
      lookalike label remove shoe a.jpg
    """


@label.command("add")
@command
def add(
    name: NameArgument,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE",
            help="Images of the library, picture files, URLs, or -.",
            show_default=False,
        ),
    ],
    library: LibraryOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make pictures examples of a name.

    Of a picture that is not in the library a small copy is kept. One that cannot be read is an
    error, and nothing is changed.

    \b
    Example:
      lookalike label add shoe a.jpg b.jpg
    """
    with open_named(library, create=True) as opened:
        pictures = [read_input(image, opened.settings) for image in images]
        with show_progress() as progress:
            added = opened.labels.add(name, *pictures, wait=not no_wait, progress=progress)
        total = len(opened.labels[name.strip()])
    if as_json:
        say_json({"name": name.strip(), "added": added, "examples": total})
    else:
        say(f"{clean(name.strip())}: {added:,} added, {counted(total, 'example')}.")
    return DONE


@label.command("learn")
@command
def learn(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER", help="Holds one folder for each name.", show_default=False
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Instead, a column of the tables that were indexed.",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Learn many names at once, from folders or from the library's metadata.

    Done again, it brings the examples from there up to date. Pictures that cannot be read are
    named and left out; the exit code is then 1.

    \b
    Examples:
      lookalike label learn goods/
      lookalike label learn --column category
    """
    with open_named(library, create=folder is not None) as opened, show_progress() as progress:
        report = opened.labels.learn(folder, column=column, wait=not no_wait, progress=progress)
    if as_json:
        say_json(report.to_dict())
    else:
        removed = f", {report.removed:,} no longer there" if report.removed else ""
        say(f"{counted(report.names, 'name')}: {counted(report.added, 'new example')}{removed}.")
        if report.skipped:
            note(f"{counted(report.skipped)} without a value in that column.")
        note("Next: lookalike label check")
    for failure in report.failures[:_SHOWN]:
        complain(failure.reason)
    if len(report.failures) > _SHOWN:
        note(f"… and {len(report.failures) - _SHOWN:,} more.")
    return FOUND_NOTHING if report.failures else DONE


@label.command("list")
@command
def list_names(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="List the examples of this.", show_default=False),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the names with the number of their examples, or the examples of one.

    \b
    Example:
      lookalike label list shoe
    """
    with open_named(library) as opened:
        if name is not None:
            examples = opened.labels[name]
            if as_json:
                say_json(
                    [
                        {
                            "name": one.name,
                            "uri": one.uri,
                            "image_id": one.image_id,
                            "origin": one.origin,
                            "added": one.added,
                        }
                        for one in examples
                    ]
                )
            else:
                for one in examples:
                    place = "" if one.image_id is not None else "  (not in the library)"
                    say(f"{clean(one.uri) or 'a picture without a path'}{place}")
            return DONE
        names = opened.labels.list()
    if as_json:
        say_json([info.to_dict() for info in names])
    else:
        for info in names:
            outside = f", {info.outside:,} not in the library" if info.outside else ""
            total = counted(info.images + info.outside, "example")
            say(f"{clean(info.name):<24}  {total}{outside}")
    if not names:
        note("No names yet. Teach one: lookalike label add NAME IMAGE…")
        return FOUND_NOTHING
    return DONE


@label.command("remove")
@command
def remove(
    name: NameArgument,
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[IMAGE]...", help="Its wrong examples; without one, all.", show_default=False
        ),
    ] = None,
    library: LibraryOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Take pictures from a name, or forget the name.

    The pictures and the images of the library stay.

    \b
    Examples:
      lookalike label remove shoe a.jpg
      lookalike label remove shoe
    """
    with open_named(library) as opened:
        removed = opened.labels.remove(name, *(images or ()), wait=not no_wait)
        left = len(opened.labels[name]) if name in opened.labels else 0
    if as_json:
        say_json({"name": name, "removed": removed, "examples": left})
    else:
        say(f"{clean(name)}: {removed:,} removed, {counted(left, 'example')} left.")
    return DONE


@label.command("check")
@command
def check(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Say how well the names are told apart.

    Each example is judged by a recogniser that has not seen it. Below the names, the pairs that
    are taken for each other most, and the pictures that have several names.

    \b
    Example:
      lookalike label check
    """
    with open_named(library) as opened:
        found = opened.labels.check()
    if as_json:
        say_json(found.to_dict())
        return DONE
    if found.accuracy is None:
        say("Nothing can be judged yet: give some name a second example.")
    else:
        say(f"right {percent(found.accuracy)}, mean over the names ({found.recogniser})")
    if found.unknown_found is not None:
        say(f"called unknown {percent(found.unknown_found)}, with the whole name left out")
    for one in found.names:
        right = "not judged" if one.accuracy is None else f"right {percent(one.accuracy)}"
        kept = "" if one.known is None else f", not called unknown {percent(one.known)}"
        say(f"  {clean(one.name):<24}  {counted(one.examples, 'example'):>14}  {right}{kept}")
    for mistake in found.confusions[:_SHOWN]:
        say(f"  {clean(mistake.name)} taken for {clean(mistake.taken_for)}: {mistake.count:,}")
    for uri, names in found.contradictions[:_SHOWN]:
        note(f"{clean(uri)} has several names: {clean(', '.join(names))}")
    return DONE
