"""Results as HTML, for notebooks: everything that comes from outside is escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from .places import shown

__all__ = ["figure", "side_by_side", "table"]

_SAFE = ("http://", "https://", "file://")
_BOX = '<div style="width:128px;height:128px;background:#ddd"></div>'


def figure(address: str, name: str, lines: Iterable[str], picture: bytes | None = None) -> str:
    """Return one picture that links to where it is, with its name and some lines below.

    ``picture`` is a JPEG; a grey square stands for one that cannot be had. Only web and file
    addresses become links.
    """
    image = _BOX
    if picture is not None:
        data = base64.b64encode(picture).decode("ascii")
        image = f'<img alt="" src="data:image/jpeg;base64,{data}">'
    link = html.escape(address, quote=True) if address.startswith(_SAFE) else "#"
    caption = "<br>".join(html.escape(shown(line)) for line in (*lines, name) if line)
    return (
        '<figure style="margin:0;width:128px;font:12px sans-serif;overflow-wrap:anywhere">'
        f'<a href="{link}">{image}</a><figcaption>{caption}</figcaption></figure>'
    )


def side_by_side(figures: Iterable[str], empty: str) -> str:
    """Return figures side by side, or a sentence where there is none."""
    cells = "".join(figures)
    if not cells:
        return f"<p>{html.escape(empty)}</p>"
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{cells}</div>'


def table(rows: Iterable[Sequence[object]]) -> str:
    """Return rows of cells as a table."""
    lines = (
        "<tr>" + "".join(f"<td>{html.escape(shown(str(cell)))}</td>" for cell in cells) + "</tr>"
        for cells in rows
    )
    return f"<table>{''.join(lines)}</table>"
