"""A range in which a figure surely lies."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Interval"]


class Interval(NamedTuple):
    """A range around a mean."""

    low: float
    high: float
