"""Pictures in the report: the worst queries with what was found instead, and the map."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.images import decode, thumbnail_jpeg

from .drawing import Frame, escaped, percent
from .layout import lay_out
from .worst import worst

__all__ = ["map_of", "thumbnail", "worst_queries"]

_WORST = 20
_NEAREST = 5
_POINTS = 700
_SHOWN = 150
_COLOURS = 24
_SIDE = 96

Floats = NDArray[np.float32]


def thumbnail(path: Path, side: int = _SIDE) -> str | None:
    """Return a small JPEG of a picture file as a data URI, or None when it cannot be read."""
    try:
        pixels = decode(path.read_bytes(), shortest_side=side).pixels
        data = thumbnail_jpeg(pixels, longest_side=side)
    except (OSError, ValueError):
        return None
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def worst_queries(
    vectors: Floats,
    labels: Sequence[str],
    paths: Sequence[Path],
    *,
    count: int = _WORST,
    read: Callable[[Path], str | None] = thumbnail,
) -> str:
    """Return the queries that :func:`worst` finds, each beside the pictures nearest to it.

    Args:
        vectors: float32 of shape (n, d), norm 1.
        labels, paths: of the n pictures.
        read: gives a picture as a data URI, or None when it cannot be read.
    """
    lines = []
    for missed in worst(vectors, labels, count=count, nearest=_NEAREST):
        query = missed.query
        cells = [_cell(paths[query], labels[query], "query", None, read)]
        for other, score in zip(missed.nearest, missed.scores, strict=True):
            kind = "right" if labels[other] == labels[query] else "wrong"
            cells.append(_cell(paths[other], labels[other], kind, score, read))
        figure = f'<p class="figure">MAP@R<br><b>{percent(missed.precision)}</b></p>'
        lines.append(f'<div class="query-row">{"".join(cells)}{figure}</div>')
    return "".join(lines)


def _cell(
    path: Path, label: str, kind: str, score: float | None, read: Callable[[Path], str | None]
) -> str:
    data = read(path)
    shown = (
        f'<img src="{data}" alt="" loading="lazy">'
        if data
        else '<span class="gone">cannot be read</span>'
    )
    mark = {"right": "✓ ", "wrong": "✗ ", "query": ""}[kind]
    cosine = "" if score is None else f" · {score:.2f}"
    return (
        f'<div class="picture {kind}" title="{escaped(path.name)}"><span class="frame">{shown}'
        f'</span><span class="label">{mark}{escaped(label)}<i>{cosine}</i></span></div>'
    )


def map_of(
    vectors: Floats,
    labels: Sequence[str],
    paths: Sequence[Path],
    *,
    read: Callable[[Path], str | None] = thumbnail,
) -> str:
    """Return the pictures laid out in the plane, of many an even share, classes as colours."""
    chosen = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _POINTS)).astype(int))
    order = np.argsort(np.asarray(labels), kind="stable")  # an even share of each class
    chosen = order[chosen]
    names = sorted({labels[number] for number in chosen.tolist()})
    hue = {name: f"{(place * 137.508) % 360:.0f}" for place, name in enumerate(names)}
    places = lay_out(vectors[chosen])
    frame = Frame((0.0, 1.0), (0.0, 1.0), 1000, 640, left=26, right=26, top=26, bottom=26)
    parts = []
    for number, (x, y) in zip(chosen.tolist(), places.tolist(), strict=True):
        across, down = frame.at(x, y)
        label = labels[number]
        title = f"<title>{escaped(label)}: {escaped(paths[number].name)}</title>"
        data = read(paths[number]) if len(chosen) <= _SHOWN else None
        if data:
            parts.append(
                f'<g>{title}<rect x="{across - 21:.1f}" y="{down - 21:.1f}" width="42" height="42" '
                f'rx="4" fill="hsl({hue[label]} 65% 52%)"/><image href="{data}" width="36" '
                f'height="36" x="{across - 18:.1f}" y="{down - 18:.1f}" '
                'preserveAspectRatio="xMidYMid slice"/></g>'
            )
        else:
            parts.append(
                f'<circle cx="{across:.1f}" cy="{down:.1f}" r="5" class="point" '
                f'fill="hsl({hue[label]} 65% 52%)">{title}</circle>'
            )
    if len(names) == len(chosen) or len(names) > _COLOURS:
        names = []  # every picture a class of its own, or colours too many to tell apart
    legend = "".join(
        f'<li><i style="background:hsl({hue[name]} 65% 52%)"></i>{escaped(name)}</li>'
        for name in names
    )
    listed = f'<ul class="legend">{legend}</ul>' if legend else ""
    drawing = frame.svg("map of the report pictures", parts)
    return f'<div class="map">{drawing}</div>{listed}'
