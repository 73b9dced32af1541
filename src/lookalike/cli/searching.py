"""``lookalike search`` and ``lookalike recognize``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import LookalikeError, UsageError

from .app import open_library
from .console import clean, complain, note, out, print_json, wants_previews

if TYPE_CHECKING:
    from lookalike.results import Hit, Hits

__all__ = ["hits_table", "read_standard_input", "run_recognize", "run_search"]

_LIKELY = 0.5


def run_search(
    query: str,
    library: Path | None,
    *,
    k: int,
    min_score: float | None,
    min_probability: float | None,
    previews: bool | None,
    json: bool,
) -> int:
    """Search, print the hits, and return the exit code: 1 when there are none."""
    asked: str | bytes = read_standard_input() if query == "-" else query
    with open_library(library) as opened:
        hits = opened.search(asked, k=k, min_score=min_score, min_probability=min_probability)
        images = len(opened)
        if json:
            print_json(hits.to_list())
        elif hits:
            print_hits(hits, previews=previews)
    if not hits:
        note("The library is empty." if images == 0 else "No picture in the library matches.")
        return 1
    if max(hit.probability for hit in hits) < _LIKELY:
        note("Nothing here is a likely match: these are only the nearest.")
    return 0


def print_hits(hits: Hits, *, previews: bool | None) -> None:
    """Print the hits as a table, with small pictures where the terminal can show them."""
    from .previews import protocol, render

    how = protocol() if wants_previews(previews) else None
    if how is None or hits.thumbnail is None:
        out().print(hits_table(list(hits)))
        return
    for hit in hits:
        thumbnail = hits.thumbnail(hit)
        if thumbnail is not None:
            sys.stdout.write(render(thumbnail, how) + "\n")
        out().print(hits_table([hit], header=hit.rank == 1))


def hits_table(hits: list[Hit], *, header: bool = True) -> object:
    """Return the hits as a table; in a terminal the addresses are links."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=header, pad_edge=False, header_style="bold")
    for name in ("rank", "score", "match", "size"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("url", overflow="fold")
    for hit in hits:
        address = hit.page_url or hit.url
        shown = clean(address if hit.page_url or not hit.url.startswith("file:") else hit.uri)
        table.add_row(
            str(hit.rank),
            f"{hit.score:.3f}",
            f"{hit.probability:.0%}",
            f"{hit.width}×{hit.height}",
            Text(shown, style=f"link {address}" if address.isprintable() else ""),
        )
    return table


def run_recognize(images: list[str], *, k: int, json: bool) -> int:
    """Print the names of what is in each picture; 1 when some could not be read, 2 when all."""
    import lookalike

    failed = 0
    found = []
    for image in images:
        try:
            labels = lookalike.recognize(read_standard_input() if image == "-" else image, k=k)
        except LookalikeError as error:
            failed += 1
            complain(str(error))
            continue
        found.append(labels.to_dict() | {"uri": image})
        if not json:
            if len(images) > 1:
                out().print(clean(image))
            out().print(clean_lines(str(labels)))
    if json:
        print_json(found)
    if failed == len(images):
        return 2
    return 1 if failed else 0


def clean_lines(text: str) -> str:
    """Return text of several lines without control characters inside them."""
    return "\n".join(clean(line) for line in text.splitlines())


def read_standard_input() -> bytes:
    """Return what is piped in.

    Raises:
        UsageError: nothing is piped in.
    """
    if sys.stdin.isatty():
        raise UsageError("- reads a picture from standard input: pipe one in, or name a file.")
    data = sys.stdin.buffer.read()
    if not data:
        raise UsageError("Standard input is empty; expected a picture.")
    return data
