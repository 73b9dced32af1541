"""What an event is worth, by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog.events import KINDS, EventTable
from lookalike.errors import UsageError

__all__ = [
    "DEFAULT_WEIGHTS",
    "SAID",
    "check_event",
    "kind_number",
    "kind_of_word",
    "seconds_of",
    "worth",
]

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "view": 1.0,
    "like": 3.0,
    "dislike": -3.0,
    "save": 4.0,
    "buy": 5.0,
}
"""What an event without a weight of its own counts; a custom event has to bring one."""

SAID: Mapping[str, str] = {
    "view": "viewed",
    "like": "liked",
    "dislike": "disliked",
    "save": "saved",
    "buy": "bought",
    "custom": "chose",
}
"""How a reason speaks of an event."""

_OTHER_WORDS = {
    "view": ("viewed", "click", "clicked", "open", "impression", "detail", "pageview", "visit"),
    "like": ("liked", "love", "upvote", "thumbsup", "heart"),
    "dislike": ("disliked", "hide", "downvote", "thumbsdown", "skip"),
    "save": ("saved", "favorite", "favourite", "bookmark", "wishlist", "cart", "addtocart", "add"),
    "buy": ("bought", "purchase", "purchased", "order", "ordered", "transaction", "checkout"),
}
_KNOWN = {word: kind for kind, words in _OTHER_WORDS.items() for word in words} | {
    kind: kind for kind in KINDS
}
_MILLISECONDS_FROM = 1e11  # in seconds the year 5138, in milliseconds 1973
_MICROSECONDS_FROM = 1e14


def kind_of_word(word: str) -> str | None:
    """Return the kind that a word of a table means, or None.

    >>> kind_of_word("Add-to-cart"), kind_of_word("purchase"), kind_of_word("shrug")
    ('save', 'buy', None)
    """
    return _KNOWN.get("".join(character for character in word.casefold() if character.isalnum()))


def kind_number(kind: str) -> int:
    """Return the number under which a kind is stored.

    Raises:
        UsageError: there is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(f"There is no kind of event {kind!r}; expected one of {', '.join(KINDS)}.")
    return KINDS.index(kind)


def check_event(kind: str, weight: float | None) -> None:
    """Check a kind with its weight.

    Raises:
        UsageError: no such kind, a weight that is zero or not finite, or none for ``custom``.
    """
    kind_number(kind)
    if weight is None:
        if kind == "custom":
            raise UsageError("An event of the kind 'custom' needs a weight.")
    elif not np.isfinite(weight) or weight == 0:
        raise UsageError(f"The weight of an event is {weight}; expected a number other than 0.")
    elif kind != "custom" and (weight > 0) != (DEFAULT_WEIGHTS[kind] > 0):
        sign = "above" if DEFAULT_WEIGHTS[kind] > 0 else "below"
        raise UsageError(f"The weight of a {kind} is {weight}; expected a number {sign} 0.")


def worth(events: EventTable) -> NDArray[np.float64]:
    """Return what each event counts, its own weight or that of its kind, of shape (n,)."""
    defaults = np.array([DEFAULT_WEIGHTS.get(kind, np.nan) for kind in KINDS])
    weights: NDArray[np.float64] = np.where(
        np.isnan(events.weights), defaults[events.kinds], events.weights
    )
    return weights


def seconds_of(value: object) -> float:
    """Return a time as seconds since 1970.

    A number is in seconds, in milliseconds from 1e11 on, in microseconds from 1e14 on; a text is
    such a number or ISO 8601, in UTC where it names no zone.

    Raises:
        ValueError: it is neither.

    >>> seconds_of("1970-01-02"), seconds_of("86400"), seconds_of(1_700_000_000_000)
    (86400.0, 86400.0, 1700000000.0)
    """
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            moment = datetime.fromisoformat(str(value).strip())
        else:
            return _scaled(number)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _scaled(number: float) -> float:
    if not np.isfinite(number):
        raise ValueError(f"{number} is no time")
    if abs(number) >= _MICROSECONDS_FROM:
        return number / 1e6
    return number / 1e3 if abs(number) >= _MILLISECONDS_FROM else number
