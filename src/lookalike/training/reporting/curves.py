"""Curves of a training run: the loss and the figure on the select classes, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .drawing import Frame, escaped, percent, ticks

__all__ = ["before_and_after", "curves"]

_NAMES = {"head": "head", "last": "last layers", "all": "all layers"}


def curves(history: Sequence[Mapping[str, Any]]) -> str:
    """Return the two charts of a run's history, as :class:`TrainingResult` holds it.

    The epochs of all stages follow each other along one axis; a line marks where a stage begins.
    The score of a stage's start, before its first epoch, is part of its curve.
    """
    points: list[tuple[int, str, float | None, float]] = []
    place = -1
    for number, entry in enumerate(history):
        first = number == 0 or history[number - 1]["stage"] != entry["stage"]
        place += 0 if first and number else 1
        points.append((place, str(entry["stage"]), entry["loss"], entry["selection_map_at_r"]))
    losses = [(x, stage, y) for x, stage, y, _ in points if y is not None]
    scores = [(x, stage, y) for x, stage, _, y in points]
    return "".join(
        f"<figure><figcaption>{caption}</figcaption>{_chart(found, label, scale)}</figure>"
        for caption, found, label, scale in (
            ("Loss, mean of each epoch", losses, "loss", 1.0),
            ("MAP@R of the select classes, in percent", scores, "MAP@R", 100.0),
        )
        if len(found) > 1
    )


def _chart(points: Sequence[tuple[int, str, float]], label: str, scale: float) -> str:
    finite = [y for _, _, y in points if math.isfinite(y)]
    levels = ticks(min(finite), max(finite))
    last = max(x for x, _, _ in points)
    frame = Frame((0.0, float(max(last, 1))), (levels[0], levels[-1]), height=236, bottom=46)
    parts = frame.rows(levels, scale=scale)
    for x in range(0, last + 1, max(1, math.ceil(last / 10))):
        across, down = frame.at(x, levels[0])
        parts.append(
            f'<text class="tick" x="{across:.1f}" y="{down + 18:.1f}" '
            f'text-anchor="middle">{x}</text>'
        )
    parts.append(
        f'<text class="tick" x="{frame.width - frame.right}" y="{frame.height - 6}" '
        'text-anchor="end">epoch</text>'
    )
    stages = list(dict.fromkeys(stage for _, stage, _ in points))
    for stage in stages:
        mine = [(x, y) for x, name, y in points if name == stage and math.isfinite(y)]
        if not mine:
            continue
        if len(stages) > 1:
            across, top = frame.at(mine[0][0], levels[-1])
            parts.append(
                f'<line class="stage" x1="{across:.1f}" x2="{across:.1f}" y1="{top - 14:.1f}" '
                f'y2="{frame.height - frame.bottom}"/><text class="tick" x="{across + 5:.1f}" '
                f'y="{top - 6:.1f}">{escaped(_NAMES.get(stage, stage))}</text>'
            )
        path = " ".join("{:.1f},{:.1f}".format(*frame.at(x, y)) for x, y in mine)
        parts.append(f'<polyline class="curve" points="{path}"/>')
        for x, y in mine:
            across, down = frame.at(x, y)
            parts.append(
                f'<circle class="dot" cx="{across:.1f}" cy="{down:.1f}" r="2.6"><title>epoch {x}: '
                f"{y * scale:.4g}</title></circle>"
            )
    return frame.svg(f"{label} by epoch", parts)


def before_and_after(
    metric: str, rows: Sequence[tuple[str, float, float, float]], *, marked: str = "trained"
) -> str:
    """Return a chart of dots with their intervals, one row each: (name, mean, low, high) in 0-1."""
    height = 34 * len(rows) + 46
    frame = Frame((0.0, 1.0), (0.0, float(len(rows))), height=height, left=138, top=8, right=50)
    parts = []
    for number in range(0, 11, 2):
        across, down = frame.at(number / 10, 0.0)
        parts.append(
            f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{frame.top}" '
            f'y2="{down:.1f}"/><text class="tick" x="{across:.1f}" y="{down + 18:.1f}" '
            f'text-anchor="middle">{number * 10}</text>'
        )
    for number, (name, mean, low, high) in enumerate(rows):
        left, y = frame.at(low, len(rows) - number - 0.5)
        right, _ = frame.at(high, 0.0)
        middle, _ = frame.at(mean, 0.0)
        kind = "after" if name == marked else "before"
        parts.append(
            f'<text class="name" x="{frame.left - 12}" y="{y + 4:.1f}" text-anchor="end">'
            f'{escaped(name)}</text><line class="range {kind}" x1="{left:.1f}" x2="{right:.1f}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/><circle class="{kind}" cx="{middle:.1f}" cy="{y:.1f}" '
            f'r="5"/><text class="value" x="{right + 9:.1f}" y="{y + 4:.1f}">{percent(mean)}</text>'
        )
    drawing = frame.svg(f"{metric} of the rows with their intervals", parts)
    return f"<figure><figcaption>{escaped(metric)}</figcaption>{drawing}</figure>"
