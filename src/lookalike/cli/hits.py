"""Print what a search found: a table in a terminal, aligned lines in a pipe, pictures if wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lookalike.results import Hit, Hits

from .console import clean, console, is_terminal, linked, say
from .previews import PreviewKind, blocks, drawing, preview_kind
from .words import percent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

__all__ = ["show_hits"]

_COLUMNS = 22
_ROWS = 7
_HEADER = ("rank", "score", "match", "size", "where")


def show_hits(hits: Hits, *, previews: bool | None = None) -> None:
    """Print hits on standard output; ``previews`` None leaves the choice to the terminal."""
    terminal = is_terminal(sys.stdout)
    if not terminal and not previews:
        for line in _plain_lines(hits):
            say(line)
        return
    screen = console(sys.stdout)
    kind = None
    if previews is not False:
        kind = preview_kind(os.environ, colours=_colours(screen))
        if kind is None and previews:
            kind = "blocks"
    if kind is None:
        _show_table(hits, screen)
    else:
        for hit in hits:
            _show_with_picture(hit, hits, screen, kind)


def _colours(screen: Console) -> int:
    return {"standard": 16, "256": 256, "truecolor": 1 << 24}.get(screen.color_system or "", 2)


def _plain_lines(hits: Hits) -> Iterator[str]:
    table = [_HEADER] + [
        (*_figures(hit), *(clean(place) for place in _places(hit))) for hit in hits
    ]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    pages = max(len(row[4]) for row in table)
    for row in table:
        cells = [cell.rjust(width) for cell, width in zip(row[:4], widths, strict=True)]
        where = row[4] if len(row) == 5 else f"{row[4]:<{pages}}  {row[5]}"
        yield "  ".join([*cells, where])


def _figures(hit: Hit) -> tuple[str, str, str, str]:
    score, match = f"{hit.score:.3f}", percent(hit.probability)
    return str(hit.rank), score, match, f"{hit.width}×{hit.height}"


def _places(hit: Hit) -> tuple[str, ...]:
    """Return where the picture is: its page if there is one, then its path or its URL."""
    if hit.page_url and hit.page_url not in {hit.url, hit.uri}:
        return hit.page_url, hit.uri
    return (hit.uri,)


def _where(hit: Hit) -> Text:
    """Return the same for a terminal, one place a line, each to be followed by a click."""
    from rich.text import Text

    *page, file = _places(hit)
    lines = [linked(url, url) for url in page]
    lines.append(linked(file, hit.url, style="dim" if page else ""))
    return Text("\n").join(lines)


def _style(hit: Hit) -> str:
    return "bold green" if hit.probability >= 0.5 else "dim"


def _show_table(hits: Hits, screen: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _HEADER[:-1]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(_HEADER[-1], overflow="fold")
    for hit in hits:
        rank, score, match, size = _figures(hit)
        table.add_row(rank, score, Text(match, _style(hit)), Text(_fit(size, screen)), _where(hit))
    screen.print(table)


def _fit(text: str, screen: Console) -> str:
    return text if screen.encoding.startswith("utf") else text.replace("×", "x")


def _caption(hit: Hit, screen: Console) -> Text:
    from rich.text import Text

    rank, score, match, size = _figures(hit)
    first = Text.assemble(
        (f"{rank}  ", "bold"),
        (f"{match} match", _style(hit)),
        f"  score {score}  {_fit(size, screen)}",
    )
    return Text("\n").join([first, _where(hit)])


def _show_with_picture(hit: Hit, hits: Hits, screen: Console, kind: PreviewKind) -> None:
    from rich.table import Table
    from rich.text import Text

    jpeg = hits.thumbnail(hit) if hits.thumbnail is not None else None
    caption = _caption(hit, screen)
    if jpeg is None or kind == "blocks":
        picture: RenderableType = (
            Text("(no picture)", "dim")
            if jpeg is None
            else blocks(jpeg, columns=_COLUMNS, rows=_ROWS)
        )
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=_COLUMNS)
        grid.add_column(overflow="fold")
        grid.add_row(picture, caption)
        screen.print(grid)
        screen.print()
        return
    # Room below the cursor first, so that nothing scrolls while the picture is drawn; then the
    # picture, and the words beside it from the place where the cursor was.
    lines = caption.wrap(screen, max(20, screen.width - _COLUMNS - 2), overflow="fold")
    height = max(_ROWS, len(lines)) + 1
    out = screen.file
    out.write("\n" * height + f"\x1b[{height}A\x1b7")
    out.write(drawing(jpeg, kind, columns=_COLUMNS, rows=_ROWS))
    out.write("\x1b8")
    for line in lines:
        out.write(f"\x1b[{_COLUMNS + 2}C")
        screen.print(line, soft_wrap=True)
    out.write("\n" * (height - len(lines)))
    out.flush()
