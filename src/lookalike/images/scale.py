"""How far a picture may be reduced while it is decoded."""

from __future__ import annotations

__all__ = ["reduction"]

_MARGIN = 1.25
_LARGEST = 64


def reduction(
    width: int, height: int, shortest_side: int | None, *, largest: int = _LARGEST
) -> int:
    """Return the power of two by which both sides of a picture may be divided.

    The shortest side keeps at least 1.25 times the pixels that were asked for, so that the
    antialiased resize that follows still has something to average.

    >>> reduction(4000, 3000, 224)
    8
    >>> reduction(4000, 3000, None)
    1
    """
    factor = 1
    if shortest_side is not None:
        needed = shortest_side * _MARGIN
        while factor * 2 <= largest and min(width, height) / (factor * 2) >= needed:
            factor *= 2
    return factor
