"""``lookalike remove``: forget images, leaving the files alone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import say, say_json
from lookalike.cli.options import JsonOption, LibraryOption, NoWaitOption, WhereOption, open_named
from lookalike.cli.words import counted

__all__ = ["remove"]


@command
def remove(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET",
            help="Paths, folders or URLs as they were indexed.",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
    where: WhereOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> int:
    """Forget images; the files stay.

    What could not be read there is forgotten as well. Asks first, in a terminal, when that is
    more than one image.

    \b
    Examples:
      lookalike remove ~/Pictures/old.jpg
      lookalike remove ~/Pictures/2009 --yes
      lookalike remove --where "width < 64" --dry-run
    """
    named = targets or []
    with open_named(library) as opened:
        if dry_run:
            count = opened.remove(*named, where=where, dry_run=True)
            if as_json:
                say_json({"would_remove": count, "images": len(opened)})
            else:
                say(f"Would forget {count:,} of {counted(len(opened))}.")
            return DONE
        if not yes and is_asked():
            count = opened.remove(*named, where=where, dry_run=True)
            question = f"Forget {counted(count)}? The files stay."
            if count > 1 and not typer.confirm(question, err=True):
                return FOUND_NOTHING
        failed = len(opened.failures())
        removed = opened.remove(*named, where=where, wait=not no_wait)
        left, failed = len(opened), failed - len(opened.failures())
    if as_json:
        say_json({"removed": removed, "failures": failed, "images": left})
    else:
        more = f" and {counted(failed, 'failure')}" if failed else ""
        say(f"Forgot {counted(removed)}{more}. The library holds {counted(left)}.")
    return DONE


def is_asked() -> bool:
    """Tell whether somebody is there to answer."""
    return sys.stdin.isatty()
