"""Choices split by time into what is learned from and what is to be foretold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

from .history import Interactions
from .hybrid import HeldOut

__all__ = ["held_out", "later_by_period", "later_by_user"]


def later_by_period(known: Interactions, share: float) -> NDArray[np.bool_]:
    """Tell which rows are of the last ``share`` of all, after one moment for everybody.

    Nothing of the future is known to what learns from the others; but a user who came after that
    moment has no history. Rows of the very moment belong to the later part.

    Raises:
        UsageError: the share is not inside (0, 1).
    """
    _check(share)
    if not len(known):
        return np.zeros(0, bool)
    moment = np.sort(known.times)[min(len(known) - 1, round((1.0 - share) * len(known)))]
    later: NDArray[np.bool_] = known.times >= moment
    return later


def later_by_user(known: Interactions, share: float) -> NDArray[np.bool_]:
    """Tell which rows are of the last ``share`` of their user's, rounded, at least one of two.

    Every user has a history; but what one user did later may be known when another's choices of
    an earlier time are foretold. Of rows of the same time the larger item id is the later.

    Raises:
        UsageError: the share is not inside (0, 1).
    """
    _check(share)
    order = np.lexsort((known.items, known.times, known.users))
    users = known.users[order]
    begins = np.flatnonzero(np.append(True, users[1:] != users[:-1])) if len(users) else users
    sizes = np.diff(np.append(begins, len(users)))
    places = np.arange(len(users)) - np.repeat(begins, sizes)
    kept = sizes - np.where(sizes > 1, np.maximum(1, np.rint(share * sizes)), 0).astype(np.int64)
    later = np.zeros(len(known), bool)
    later[order] = places >= np.repeat(kept, sizes)
    return later


def held_out(
    earlier: Interactions, later: Interactions, *, most_users: int | None = None, seed: int = 0
) -> list[HeldOut]:
    """Return each user's history and later choices, for those who chose something later.

    What a user had chosen before is nothing to be foretold. With ``most_users`` a random part of
    the users is taken, the same for the same seed.
    """
    chosen = later.chosen()
    users = np.unique(chosen.users)
    if most_users is not None and len(users) > most_users:
        random = np.random.default_rng(seed)
        users = np.sort(random.choice(users, most_users, replace=False))
    found = []
    for user in users.tolist():
        history = earlier.history(user)
        first, last = np.searchsorted(chosen.users, [user, user + 1])
        new = np.setdiff1d(chosen.items[first:last], history.seen)
        if len(new):
            found.append(HeldOut(history, new))
    return found


def _check(share: float) -> None:
    if not 0.0 < share < 1.0:
        raise UsageError(f"The share held out is {share}; expected a number between 0 and 1.")
