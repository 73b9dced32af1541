"""What users did with images, counted and imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .values import Value

__all__ = ["Event", "EventCounts", "EventImport"]


@dataclass(frozen=True, slots=True)
class Event(Value):
    """One thing that a user did with an image; ``time`` is in seconds since 1970.

    ``weight`` is what the event counts: its own weight, or that of its kind.
    """

    user: str
    image_id: int
    uri: str
    kind: str
    weight: float
    time: float


@dataclass(frozen=True, slots=True)
class EventCounts(Value):
    """How many events there are, of how many users and images, and of which kinds."""

    events: int
    users: int
    images: int
    kinds: Mapping[str, int] = field(hash=False)


@dataclass(frozen=True, slots=True)
class EventImport(Value):
    """What became of the rows of a table of events.

    ``rows`` were read. Of these ``added`` are new events, ``repeated`` are events that were there
    or came before in the table (the last weight holds), ``unknown`` are of items that the library
    does not hold, ``failed`` say something impossible. ``unknown_items`` and ``problems`` name
    the first of either; ``users`` is how many users have an event in the table.
    """

    rows: int
    added: int
    repeated: int
    unknown: int
    failed: int
    users: int
    unknown_items: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        parts = [f"{self.added:,} event{'' if self.added == 1 else 's'} added"]
        for count, name in (
            (self.repeated, "known already"),
            (self.unknown, "of items that the library does not hold"),
            (self.failed, "that cannot be read"),
        ):
            if count:
                parts.append(f"{count:,} {name}")
        return ", ".join(parts) + f" in {self.seconds:.1f} s"
