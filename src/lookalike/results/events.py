"""What users did with images, counted and imported."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Event", "EventCounts", "EventImport"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a user did with an image; ``time`` is in seconds since 1970.

    ``weight`` is what the event counts: its own weight, or that of its kind.
    """

    user: str
    image_id: int
    uri: str
    kind: str
    weight: float
    time: float

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class EventCounts:
    """How many events there are, of how many users and images, and of which kinds."""

    events: int
    users: int
    images: int
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True)
class EventImport:
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

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return asdict(self)
