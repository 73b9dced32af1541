"""What a search is told beside its query: one value that checks itself."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from numbers import Integral, Real
from typing import Any, TypedDict, Unpack

from lookalike.errors import UsageError

__all__ = ["REGION_SHAPE", "SearchKeywords", "SearchOptions", "region_numbers"]

_BY_SCORE = "score"
_MOST = 2**31
REGION_SHAPE = (
    "A region is x,y,width,height: whole numbers are pixels, as in 40,30,200,150, numbers with a "
    "decimal point fractions of the picture from 0 to 1, as in 0.1,0.2,0.5,0.25, or all are "
    "percentages, as in 10%,20%,50%,25%"
)


class SearchKeywords(TypedDict, total=False):
    """The fields of :class:`SearchOptions` as keywords."""

    k: int
    min_score: float | None
    min_probability: float | None
    where: str | None
    sort: str
    offset: int
    among: int
    text: bool | None
    fold: bool
    diversity: float
    region: Iterable[float] | None
    parts: bool


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How many hits a search gives, which, and in what order.

    >>> SearchOptions(k=20, where="price < 50").changed(offset=20).offset
    20

    Raises:
        UsageError: a value is of the wrong type or out of range, or two exclude each other.
    """

    k: int = 10
    """How many hits, 1 or more."""
    min_score: float | None = None
    """The least cosine of a hit, in [-1, 1]."""
    min_probability: float | None = None
    """The least probability of a hit, in [0, 1]."""
    where: str | None = None
    """A filter such as ``price < 50 and category = 'shoe'``: only what passes is looked at."""
    sort: str = _BY_SCORE
    """``score``, or a field with or without a minus, such as ``-added``."""
    offset: int = 0
    """How many of the first hits to leave out, 0 or more."""
    among: int = 1000
    """How many of the most alike are put in the order of a field, 1 or more."""
    text: bool | None = None
    """Whether a string is words; None guesses."""
    fold: bool = False
    """Whether each picture is shown once, its copies as ``repeats`` of the hit."""
    diversity: float = 0.0
    """From 0, likeness alone, to 1: how much hits are to differ from each other."""
    region: Iterable[float] | None = None
    """The part of the upright picture to search with: x, y, width and height, pixels if all are
    whole numbers, else fractions from 0 to 1. Kept as a tuple."""
    parts: bool = False
    """Whether parts of the images are compared too."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, least in (("k", 1), ("offset", 0), ("among", 1)):
            put(self, name, _whole(name, getattr(self, name), least))
        for name, (low, high, what) in _RANGES.items():
            put(self, name, _within(name, getattr(self, name), low, high, what))
        for name, others in _CHOICES.items():
            _check_one_of(name, getattr(self, name), others)
        if self.region is not None:
            put(self, "region", region_numbers(self.region))
        _check_texts(self.where, self.sort)
        if self.diversity and self.sort != _BY_SCORE:
            raise UsageError("Diversity puts hits in an order of its own: leave out sort.")

    @property
    def by_score(self) -> bool:
        """Whether the most alike come first."""
        return self.sort == _BY_SCORE

    def changed(self, **given: Unpack[SearchKeywords]) -> SearchOptions:
        """Return the same options with some of them replaced.

        Raises:
            UsageError: a search has no such option, or a value makes no sense.
        """
        _check_known(given)
        return replace(self, **given)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return values | {"region": None if self.region is None else list(self.region)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SearchOptions:
        """Return the options of a dictionary as :meth:`to_dict` gives it; it may lack some.

        Raises:
            UsageError: a search has no such option, or a value makes no sense.
        """
        if not isinstance(values, Mapping):
            raise UsageError(f"SearchOptions are read from a dictionary, not {values!r:.60}.")
        _check_known(values)
        return cls(**values)


_RANGES = {
    "min_score": (-1, 1, "a cosine lies between -1 and 1"),
    "min_probability": (0, 1, "a probability lies between 0 and 1"),
    "diversity": (0, 1, "expected a number from 0 to 1"),
}
_CHOICES: dict[str, tuple[bool | None, ...]] = {
    "text": (True, False, None),
    "fold": (True, False),
    "parts": (True, False),
}


def region_numbers(values: Iterable[float]) -> tuple[float, float, float, float]:
    """Return x, y, width and height, each an int if all of them are whole, else a float.

    Raises:
        UsageError: they are not four numbers, or no part of any picture.
    """
    written = isinstance(values, str | bytes) or not isinstance(values, Iterable)
    numbers = () if written else tuple(islice(values, 5))
    if len(numbers) != 4 or not all(_is_number(one) for one in numbers):
        raise UsageError(f"{REGION_SHAPE}; not {values!r}.")
    pixels = all(isinstance(one, Integral) for one in numbers)
    low, high = (-_MOST, _MOST) if pixels else (0, 1)
    if not all(low <= one <= high for one in numbers):
        raise UsageError(f"{REGION_SHAPE}; not {', '.join(str(one)[:20] for one in numbers)}.")
    x, y, width, height = (int(one) if pixels else float(one) for one in numbers)
    return x, y, width, height


def _whole(name: str, value: object, least: int) -> int:
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None:
        raise UsageError(f"{name} is {value!r}; expected a whole number, {least} or more.")
    if number < least:
        raise UsageError(f"{name} is {number}; expected {least} or more.")
    if number > _MOST:
        raise UsageError(f"{name} is {number}; expected at most {_MOST}.")
    return number


def _within(name: str, value: Any, low: int, high: int, what: str) -> float | None:
    if value is None and name != "diversity":
        return None
    if not _is_number(value) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}; {what}.")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_one_of(name: str, value: object, choices: tuple[bool | None, ...]) -> None:
    if not any(value is one for one in choices):
        known = [repr(one) for one in choices]
        raise UsageError(f"{name} is {value!r}; expected {', '.join(known[:-1])} or {known[-1]}.")


def _check_texts(where: object, sort: object) -> None:
    if where is not None and not isinstance(where, str):
        raise UsageError(f"A filter is a text, not {type(where).__name__}.")
    if not isinstance(sort, str):
        raise UsageError(f"sort is {sort!r}; expected 'score' or the name of a field.")
    if sort.removeprefix("-") == _BY_SCORE != sort:
        raise UsageError("By score the best always come first: sort is 'score', not '-score'.")


def _check_known(given: Mapping[str, Any]) -> None:
    known = [one.name for one in fields(SearchOptions)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageError(
                f"A search has no option {name!r}.{hint} Known are: {', '.join(known)}."
            )
