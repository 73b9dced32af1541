"""A picture that could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from .values import Value

__all__ = ["Failure"]


@dataclass(frozen=True, slots=True)
class Failure(Value):
    """A picture that could not be indexed, and why.

    ``kind`` is the name of the error class, such as ``BrokenImageError``; ``time`` is in
    seconds since 1970.
    """

    uri: str
    kind: str
    reason: str
    time: float
