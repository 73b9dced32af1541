"""Print what a search found: a table in a terminal, aligned lines in a pipe, pictures if wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lookalike.results import Hit, Hits

from .console import clean, console, is_terminal, linked, say
from .previews import PreviewKind, blocks, drawing, preview_kind
from .words import percent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

__all__ = ["show_hits"]

_ROWS = 7
_LEAST_ROWS = 3
_COLUMNS_A_ROW = 3
_MOST_TEXT = 200
_HEADER = ("rank", "score", "match", "size", "where")
_COPIES = "copies"
_PART = "part"


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
        pictures, rows = _room(len(hits), screen.height)
        for hit in hits[:pictures]:
            _show_with_picture(hit, hits, screen, kind, rows)
        if hits[pictures:]:
            _show_table(hits[pictures:], screen)


def _room(hits: int, height: int) -> tuple[int, int]:
    """Return how many hits get a picture, and how high each is, so that all stay in sight.

    >>> _room(3, 40), _room(10, 60), _room(10, 24)
    ((3, 7), (10, 4), (3, 3))
    """
    left = height - 4  # the prompt, the header and the verdict
    rows = left // max(1, hits) - 1  # below each picture a gap
    if rows >= _LEAST_ROWS:
        return hits, min(_ROWS, rows)
    return min(hits, max(1, (left - hits) // _LEAST_ROWS)), _LEAST_ROWS


def _colours(screen: Console) -> int:
    return {"standard": 16, "256": 256, "truecolor": 1 << 24}.get(screen.color_system or "", 2)


def _plain_lines(hits: Hits) -> Iterator[str]:
    more = _more(hits)
    table: list[tuple[tuple[str, ...], tuple[str, ...]]] = [(_header(more), _HEADER[-1:])]
    table += [(_figures(hit, more), tuple(map(clean, _places(hit)))) for hit in hits]
    widths = [max(map(len, column)) for column in zip(*(row[0] for row in table), strict=True)]
    pages = max(len(row[1][0]) for row in table)
    for figures, (place, *file) in table:
        cells = [cell.rjust(width) for cell, width in zip(figures, widths, strict=True)]
        yield "  ".join([*cells, f"{place:<{pages}}" if file else place, *file])


def _more(hits: Sequence[Hit]) -> tuple[str, ...]:
    """Return the columns beside the usual ones: copies, if any was found, and likewise parts."""
    copies = (_COPIES,) if any(hit.repeats for hit in hits) else ()
    return (*copies, _PART) if any(hit.part for hit in hits) else copies


def _header(more: tuple[str, ...]) -> tuple[str, ...]:
    return (*_HEADER[:-1], *more)


def _figures(hit: Hit, more: tuple[str, ...]) -> tuple[str, ...]:
    score, match = f"{hit.score:.3f}", percent(hit.probability)
    usual = (str(hit.rank), score, match, f"{hit.width}×{hit.height}")
    copies = f"+{len(hit.repeats)}" if hit.repeats else ""
    own = {_COPIES: copies, _PART: ",".join(map(str, hit.part or ()))}
    return (*usual, *(own[name] for name in more))


def _places(hit: Hit) -> tuple[str, ...]:
    """Return where the picture is: its page if there is one, then its path or its URL."""
    if hit.page_url and hit.page_url not in {hit.url, hit.uri}:
        return hit.page_url, hit.uri
    return (hit.uri,)


def _where(hit: Hit) -> Text:
    """Return the same for a terminal, one place a line, each to be followed by a click."""
    from rich.text import Text

    *page, file = _places(hit)
    said = [Text(text, "italic") for text in _said(hit)]
    lines = [linked(url, url) for url in page]
    lines.append(linked(file, hit.url, style="dim" if page else ""))
    return Text("\n").join(said + lines)


def _said(hit: Hit) -> tuple[str, ...]:
    """Return what the table says of the picture, in one line, or nothing."""
    said = " · ".join(
        f"{name}: {value}" for name, value in hit.metadata.items() if value not in (None, "")
    )
    return (said[:_MOST_TEXT],) if said else ()


def _style(hit: Hit) -> str:
    return "bold green" if hit.probability >= 0.5 else "dim"


def _show_table(hits: Sequence[Hit], screen: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    more = _more(hits)
    for name in _header(more):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(_HEADER[-1], overflow="fold")
    for hit in hits:
        rank, score, match, size, *others = _figures(hit, more)
        figures = rank, score, Text(match, _style(hit)), Text(_fit(size, screen))
        table.add_row(*figures, *others, _where(hit))
    screen.print(table)


def _fit(text: str, screen: Console) -> str:
    return text if screen.encoding.startswith("utf") else text.replace("×", "x")


def _caption(hit: Hit, screen: Console) -> Text:
    from rich.text import Text

    rank, score, match, size = _figures(hit, ())
    first = Text.assemble(
        (f"{rank}  ", "bold"),
        (f"{match} match", _style(hit)),
        f"  score {score}  {_fit(size, screen)}",
        f"  +{len(hit.repeats)} like it" if hit.repeats else "",
        f"  part {','.join(map(str, hit.part))}" if hit.part else "",
    )
    return Text("\n").join([first, _where(hit)])


def _show_with_picture(hit: Hit, hits: Hits, screen: Console, kind: PreviewKind, rows: int) -> None:
    from rich.table import Table
    from rich.text import Text

    columns = rows * _COLUMNS_A_ROW
    jpeg = hits.thumbnail(hit) if hits.thumbnail is not None else None
    caption = _caption(hit, screen)
    if jpeg is None or kind == "blocks":
        picture: RenderableType = (
            Text("(no picture)", "dim")
            if jpeg is None
            else blocks(jpeg, columns=columns, rows=rows)
        )
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=columns)
        grid.add_column(overflow="fold")
        grid.add_row(picture, caption)
        screen.print(grid)
        screen.print()
        return
    # Room below the cursor first, so that nothing scrolls while the picture is drawn; then the
    # picture, and the words beside it from the place where the cursor was.
    lines = caption.wrap(screen, max(20, screen.width - columns - 2), overflow="fold")
    height = max(rows, len(lines)) + 1
    out = screen.file
    out.write("\n" * height + f"\x1b[{height}A\x1b7")
    out.write(drawing(jpeg, kind, columns=columns, rows=rows))
    out.write("\x1b8")
    for line in lines:
        out.write(f"\x1b[{columns + 2}C")
        screen.print(line, soft_wrap=True)
    out.write("\n" * (height - len(lines)))
    out.flush()
