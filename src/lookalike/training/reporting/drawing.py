"""The small part of SVG that the report's charts need: scales, ticks and escaped text."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Frame", "escaped", "percent", "points", "ticks"]


def escaped(text: object) -> str:
    """Return text as HTML and SVG may hold it; names of classes and files are anybody's."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))
    return html.escape(shown)


def percent(value: float) -> str:
    """Return a share as per cent with one decimal, or a dash where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def points(value: float) -> str:
    """Return a difference of two shares in percent points, with its sign."""
    return "–" if math.isnan(value) else f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}")


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about ``count`` round numbers from just below ``low`` to just above ``high``."""
    span = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m * count >= span * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Frame:
    """A chart's inner rectangle and what lies along its two axes.

    ``x`` and ``y`` are the (least, largest) values that it shows; pixels count from the left top.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: int = 520
    height: int = 220
    left: int = 52
    right: int = 16
    top: int = 24
    bottom: int = 34

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixels of a point."""
        across = (x - self.x[0]) / max(self.x[1] - self.x[0], 1e-12)
        up = (y - self.y[0]) / max(self.y[1] - self.y[0], 1e-12)
        return (
            self.left + across * (self.width - self.left - self.right),
            self.height - self.bottom - up * (self.height - self.top - self.bottom),
        )

    def svg(self, label: str, parts: Sequence[str]) -> str:
        """Return the whole drawing, ``label`` for those who cannot see it."""
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{escaped(label)}">' + "".join(parts) + "</svg>"
        )

    def rows(self, values: Sequence[float], *, scale: float = 1.0) -> list[str]:
        """Return horizontal lines with their numbers at the left."""
        step = abs(values[1] - values[0]) * scale if len(values) > 1 else 1.0
        decimals = next(n for n in range(5) if n == 4 or abs(step - round(step, n)) < 1e-9)
        parts = []
        for value in values:
            left, y = self.at(self.x[0], value)
            parts.append(
                f'<line class="grid" x1="{left:.1f}" x2="{self.width - self.right}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="tick" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">'
                f"{value * scale:.{decimals}f}</text>"
            )
        return parts
