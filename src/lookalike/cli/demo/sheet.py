"""A page that shows queries and what was found for them, in one file that needs nothing else."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

from lookalike.cli.console import clean
from lookalike.cli.words import percent
from lookalike.results import Hit, Hits, Labels

__all__ = ["contact_sheet"]

_SIDE = 200
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
.row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: flex-start; }
figure { margin: 0; width: 9rem; overflow-wrap: anywhere; font-size: .8rem; }
figure img { width: 9rem; height: 9rem; object-fit: contain; background: #8882; }
.query img { outline: 3px solid #2a7; }
.unlikely { opacity: .45; }
figcaption b { font-variant-numeric: tabular-nums; }
"""


def contact_sheet(
    searches: Sequence[tuple[Path, Hits]], recognized: Sequence[tuple[Path, Labels]], *, title: str
) -> str:
    """Return an HTML page with each query beside its hits, and pictures beside their names."""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width'>",
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{html.escape(title)}</h1>",
        "<p>Outlined: the picture asked with. Beside it what the library holds, the most alike "
        "first, with the probability that it is a match. Faded: not a likely match.</p>",
    ]
    for query, hits in searches:
        parts.append(f"<h2>{_text(query.name)}</h2><div class='row'>")
        parts.append(_figure(_thumbnail(query), "asked with this", kind="query"))
        parts += [_hit(hit, hits) for hit in hits]
        parts.append("</div>")
    parts.append("<h2>What is in a picture</h2><div class='row'>")
    for path, labels in recognized:
        names = "<br>".join(
            f"<b>{percent(label.probability)}</b> {_text(label.name)}" for label in labels
        )
        parts.append(_figure(_thumbnail(path), names))
    parts.append("</div></html>\n")
    return "\n".join(parts)


def _hit(hit: Hit, hits: Hits) -> str:
    caption = (
        f"<b>{hit.rank}. {percent(hit.probability)}</b> score {hit.score:.3f}"
        f"<br>{_text(hit.uri.rsplit('/', 1)[-1])}"
    )
    jpeg = hits.thumbnail(hit) if hits.thumbnail is not None else None
    return _figure(jpeg, caption, kind="" if hit.probability >= 0.5 else "unlikely")


def _figure(jpeg: bytes | None, caption: str, *, kind: str = "") -> str:
    data = base64.b64encode(jpeg or b"").decode("ascii")
    image = f"<img alt='' src='data:image/jpeg;base64,{data}'>" if jpeg else ""
    return f"<figure class='{kind}'>{image}<figcaption>{caption}</figcaption></figure>"


def _thumbnail(path: Path) -> bytes:
    from lookalike.images import decode, thumbnail_jpeg

    picture = decode(path.read_bytes(), shortest_side=_SIDE)
    return thumbnail_jpeg(picture.pixels, longest_side=_SIDE)


def _text(text: str) -> str:
    return html.escape(clean(text))
