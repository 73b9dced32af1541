"""What users chose and refused, one row for each user and item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog.events import KINDS, EventTable

from .kinds import worth

__all__ = ["HALF_LIFE_DAYS", "History", "Interactions", "interactions_of"]

HALF_LIFE_DAYS = 30.0
"""After so many days an event counts half as much as the last one of the same user."""

_DAY = 86_400.0
_VIEW = KINDS.index("view")


@dataclass(frozen=True, slots=True)
class History:
    """What one user chose, the latest first, and refused.

    ``items`` int64, ``weights`` float64 (above 0), ``times`` float64 (seconds) and ``kinds``
    int64 are of shape (n,), ``disliked`` int64 of shape (m,) has the oldest first.
    """

    items: NDArray[np.int64]
    weights: NDArray[np.float64]
    times: NDArray[np.float64]
    kinds: NDArray[np.int64]
    disliked: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.items)

    @property
    def seen(self) -> NDArray[np.int64]:
        """All items that the user chose or refused, ascending."""
        return np.union1d(self.items, self.disliked)

    def decayed(self, half_life_days: float = HALF_LIFE_DAYS) -> NDArray[np.float64]:
        """Return weight * 2^(-age / half-life), the age seen from the user's last event."""
        if not len(self.items):
            return self.weights
        age = (self.times.max() - self.times) / _DAY
        faded: NDArray[np.float64] = self.weights * np.exp2(-age / half_life_days)
        return np.maximum(faded, 1e-12)

    @classmethod
    def empty(cls) -> History:
        """Return the history of somebody who did nothing yet."""
        return cls.of_items([])

    @classmethod
    def of_items(cls, items: list[int], disliked: list[int] | None = None) -> History:
        """Return a history of equal events at one time."""
        number = len(items)
        return cls(
            np.array(items, np.int64),
            np.ones(number),
            np.zeros(number),
            np.zeros(number, np.int64),
            np.array(disliked or [], np.int64),
        )


@dataclass(frozen=True, slots=True)
class Interactions:
    """All users' histories as columns of shape (n,), sorted by user, then item.

    An item that a user refused has ``disliked`` and does not count as chosen.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    weights: NDArray[np.float64]
    times: NDArray[np.float64]
    kinds: NDArray[np.int64]
    disliked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.users)

    def chosen(self) -> Interactions:
        """Return the rows that are no refusals."""
        return self.where(~self.disliked)

    def where(self, kept: NDArray[np.bool_]) -> Interactions:
        """Return some of the rows."""
        return Interactions(
            self.users[kept],
            self.items[kept],
            self.weights[kept],
            self.times[kept],
            self.kinds[kept],
            self.disliked[kept],
        )

    def history(self, user: int) -> History:
        """Return what one user chose and refused."""
        start, stop = np.searchsorted(self.users, [user, user + 1])
        rows = slice(int(start), int(stop))
        refused = self.disliked[rows]
        items, times = self.items[rows], self.times[rows]
        order = np.lexsort((items, -times))
        no = order[refused[order]][::-1]
        order = order[~refused[order]]
        return History(
            items[order],
            self.weights[rows][order],
            times[order],
            self.kinds[rows][order],
            items[no],
        )


def interactions_of(events: EventTable) -> Interactions:
    """Return one row for each user and item of the events.

    What the user did last with an item, views aside, decides whether it is refused; at the same
    moment a refusal wins. The weight of a chosen item is that of its greatest event, whose kind
    it gets, and its time that of its last one.
    """
    value = worth(events)
    if not len(events):
        none = np.zeros(0)
        whole = none.astype(np.int64)
        return Interactions(whole, whole, none, none, whole, none.astype(bool))
    decisive = events.kinds != _VIEW
    last = _last_of_pairs(events, (value < 0, events.times, decisive))
    greatest = _last_of_pairs(events, (events.times, value))
    latest = _last_of_pairs(events, (events.times,))
    return Interactions(
        events.user_ids[last],
        events.image_ids[last],
        np.maximum(value[greatest], 0.0),
        events.times[latest],
        events.kinds[greatest],
        value[last] < 0,
    )


def _last_of_pairs(events: EventTable, keys: tuple[NDArray[np.generic], ...]) -> NDArray[np.int64]:
    """Return the place of the greatest event of each user and item; the last key counts most."""
    order = np.lexsort((*keys, events.image_ids, events.user_ids))
    users, items = events.user_ids[order], events.image_ids[order]
    last = np.append((users[1:] != users[:-1]) | (items[1:] != items[:-1]), True)
    places: NDArray[np.int64] = order[last]
    return places
