"""``lookalike events``: what users did with the images of a library."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.options import JsonOption, LibraryOption, NoWaitOption, open_named
from lookalike.cli.progress import show_progress
from lookalike.cli.words import counted
from lookalike.errors import NotInLibraryError, UsageError

if TYPE_CHECKING:
    from lookalike.results import Event, EventImport

__all__ = ["events"]

_SHOWN = 5

events = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@events.callback()
def every_event(
    context: typer.Context, library: LibraryOption = None, as_json: JsonOption = False
) -> None:
    """Count, add, import or forget what users did with images.

    Recommendations for a user are made from them.

    \b
    Examples:
      lookalike events
      lookalike events add ann shoe.jpg like
      lookalike events import clicks.csv
      lookalike events list ann
      lookalike events forget ann
      lookalike events learn
    """
    if context.invoked_subcommand is None:
        _count(library, as_json=as_json)


@command
def _count(library: Path | None, *, as_json: bool) -> int:
    with open_named(library) as opened:
        counts = opened.events.counts()
    if as_json:
        say_json(
            {
                "events": counts.events,
                "users": counts.users,
                "images": counts.images,
                "kinds": counts.kinds,
            }
        )
        return DONE
    say(f"{_of(counts.events, counts.users)} with {counted(counts.images)}")
    for kind, number in counts.kinds.items():
        say(f"  {kind:<8} {number:>10,}")
    return DONE


@events.command("add")
@command
def add(
    user: Annotated[str, typer.Argument(metavar="USER", help="Who did it: any text.")],
    item: Annotated[str, typer.Argument(metavar="IMAGE", help="Path or URL of the image.")],
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="view, like, dislike, save, buy or custom.")
    ],
    weight: Annotated[
        float | None,
        typer.Option(
            metavar="W", help="What it counts; else what the kind does.", show_default=False
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Seconds since 1970 or ISO 8601; else now.", show_default=False
        ),
    ] = None,
    library: LibraryOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Note one event.

    \b
    Example:
      lookalike events add ann shoe.jpg like
    """
    with open_named(library) as opened:
        opened.events.add(user, item, kind, weight=weight, time=time, wait=not no_wait)
        counts = opened.events.counts()
    if as_json:
        say_json({"events": counts.events, "users": counts.users})
    else:
        say(f"Noted. The library holds {_of(counts.events, counts.users)}.")
    return DONE


@events.command("import")
@command
def import_table(
    table: Annotated[Path, typer.Argument(metavar="FILE", help=".csv, .tsv, .jsonl or .parquet.")],
    user_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of users.", show_default=False)
    ] = None,
    item_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of items.", show_default=False)
    ] = None,
    kind_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of kinds.", show_default=False)
    ] = None,
    time_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of times.", show_default=False)
    ] = None,
    weight_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of weights.", show_default=False)
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the items are: image_id, or a column of the table of images, as sku.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="Kind of all events, without a column of kinds.")
    ] = "view",
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="WORD=KIND",
            help="What a word of the column of kinds means.",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Store the events of a table, all or none.

    Columns that are not named are guessed. Rows of unknown items are counted and named.

    \b
    Examples:
      lookalike events import clicks.csv
      lookalike events import orders.parquet --match sku --kind buy
    """
    with open_named(library) as opened, show_progress() as progress:
        report = opened.events.import_table(
            table,
            user_column=user_column,
            item_column=item_column,
            kind_column=kind_column,
            time_column=time_column,
            weight_column=weight_column,
            match=match,
            kind=kind,
            kinds=_mapping(kinds or []),
            wait=not no_wait,
            progress=progress,
        )
    if as_json:
        say_json(report.to_dict())
    else:
        _say_report(report)
    return FOUND_NOTHING if report.unknown or report.failed else DONE


def _of(events: int, users: int) -> str:
    return f"{counted(events, 'event')} of {counted(users, 'user')}"


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        word, equals, kind = pair.rpartition("=")
        if not equals or not word.strip():
            raise UsageError(f"--map is {pair!r}; expected WORD=KIND, such as order=buy.")
        found[word.strip()] = kind.strip()
    return found


def _say_report(report: EventImport) -> None:
    say(f"{report}.")
    for name in report.unknown_items[:_SHOWN]:
        note(f"  not in the library: {clean(name)}")
    for problem in report.problems[:_SHOWN]:
        note(f"  {clean(problem)}")


@events.command("learn")
@command
def learn(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Learn from all events now.

    Recommending does so by itself when there are a tenth more events.

    \b
    Example:
      lookalike events learn
    """
    with open_named(library) as opened, show_progress() as progress:
        learned = opened.recommend.learn(progress=progress)
    if as_json:
        say_json(learned.to_dict())
        return DONE
    say(f"Learned from {_of(learned.events, learned.users)}.")
    mixed = ", ".join(f"{name} {weight:.0%}" for name, weight in learned.weights.items() if weight)
    say(f"Mixed: {mixed}." if mixed else "")
    if learned.ndcg is None:
        note("The mixture is the one for few events: there were not enough to try others.")
    return DONE


@events.command("list")
@command
def list_events(
    user: Annotated[str, typer.Argument(metavar="USER")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the events of a user, the oldest first.

    \b
    Example:
      lookalike events list ann
    """
    found: tuple[Event, ...] = ()
    with open_named(library) as opened, suppress(NotInLibraryError):
        found = opened.events.of(user)
    if as_json:
        say_json([event.to_dict() for event in found])
    else:
        for event in found:
            say(f"{event.kind:<8} {event.weight:>6g}  {_when(event.time)}  {clean(event.uri)}")
    if not found:
        note(f"There are no events of {clean(user)}.")
    return DONE if found else FOUND_NOTHING


def _when(seconds: float) -> str:
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return f"{seconds:.0f}"


@events.command("forget")
@command
def forget(
    user: Annotated[str, typer.Argument(metavar="USER")],
    library: LibraryOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Delete all events of a user.

    \b
    Example:
      lookalike events forget ann
    """
    with open_named(library) as opened:
        number = opened.events.forget(user, wait=not no_wait)
    if as_json:
        say_json({"forgotten": number})
    else:
        say(f"Forgot {number:,} events of {clean(user)}.")
    return DONE
