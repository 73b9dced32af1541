"""``lookalike rebuild-index``: build the index anew from the catalog."""

from __future__ import annotations

from dataclasses import asdict

from lookalike.cli.command import DONE, command
from lookalike.cli.console import say, say_json
from lookalike.cli.options import JsonOption, LibraryOption, NoWaitOption, open_named
from lookalike.cli.progress import show_progress
from lookalike.cli.words import byte_size

__all__ = ["rebuild_index"]


@command
def rebuild_index(
    library: LibraryOption = None, no_wait: NoWaitOption = False, as_json: JsonOption = False
) -> int:
    """Build the index anew from the catalog.

    Never needed for right answers: searches see every image at once. It happens by itself
    after large changes; this command does it now.

    \b
    Example:
      lookalike rebuild-index
    """
    with open_named(library) as opened, show_progress() as progress:
        status = opened.rebuild_index(progress=progress, wait=not no_wait)
    if as_json:
        say_json(asdict(status))
    else:
        say(f"The index is {status.kind}: {status.vectors:,} vectors, {byte_size(status.bytes)}.")
    return DONE
