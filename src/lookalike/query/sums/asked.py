"""What a sum asks for: pictures and words, each added or subtracted with a weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import PurePath
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.images.formats import PICTURE_SUFFIXES
from lookalike.query.inputs import Known, QueryImage
from lookalike.query.words import is_words, names_a_file

from .written import MOST_TERMS, BrokenSumError, Term, read_sum, write_sum

__all__ = ["Part", "Sum", "Weighted", "asked_for", "direction", "sum_of", "sum_of_lists"]

Weighted: TypeAlias = "QueryImage | Known | tuple[QueryImage | Known, float]"
"""What may be added or subtracted: a picture or words, or a pair of that and a weight above 0."""

_ADDRESSES = ("http://", "https://", "file:")
_CANCELLED = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A picture or words, a weight with its sign, and the character of the sum where it begins.

    ``position`` is 0 for what was not written as text.
    """

    query: QueryImage | Known
    weight: float
    words: bool
    position: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Parts of which at least one is added, and how to show them."""

    parts: tuple[Part, ...]
    name: str

    @property
    def pictures(self) -> tuple[Part, ...]:
        """The parts that are pictures."""
        return tuple(part for part in self.parts if not part.words)

    @property
    def words(self) -> dict[str, float]:
        """The words with their weights; equal ones are one, and those that cancel are gone."""
        weights: dict[str, float] = {}
        for part in self.parts:
            if part.words and isinstance(part.query, str):
                weights[part.query] = weights.get(part.query, 0.0) + part.weight
        least = _CANCELLED * max((abs(part.weight) for part in self.parts), default=0.0)
        return {words: weight for words, weight in weights.items() if abs(weight) > least}

    def __post_init__(self) -> None:
        if not any(part.weight > 0 for part in self.parts):
            raise UsageError("A sum needs at least one term that is added.")
        if not self.pictures and not self.words:
            raise UsageError(f"The words of {self.name} cancel out: nothing is left to find.")


def sum_of(query: object, *, text: bool | None = None) -> Sum | None:
    """Return the sum that a query is, or None for a single picture or plain words.

    A text that names a file is that file. Otherwise it is a sum when it reads as one of at least
    two terms or with a weight, of which each is an address, looks like the name of a file, or
    stands in quotes. Quotes hold words, or an address or the name of a file: one that is there or
    ends like a picture. ``text`` True or False says that the query is no sum.

    Raises:
        UsageError: it has a term in quotes, or one that is a picture for sure, and is broken or
            has terms that are neither; or everything is subtracted.
    """
    if isinstance(query, Sum):
        return query
    if text is not None or not isinstance(query, str) or names_a_file(query):
        return None
    terms = _terms(query)
    if terms is None:
        return None
    parts = (
        Part(term.text, term.weight, term.quoted and not _surely_picture(term), term.position)
        for term in terms
    )
    return Sum(tuple(parts), query)


def _terms(query: str) -> tuple[Term, ...] | None:
    """Return the terms of a text that is a sum, or None for another text."""
    try:
        terms = read_sum(query)
    except BrokenSumError as error:
        if any(_sure(term) for term in error.before):
            raise UsageError(f"{error} --text takes all of it as words.") from None
        return None
    if len(terms) == 1 and terms[0].weight == 1.0 and not _has_weight(query, terms[0]):
        return None
    strays = [term for term in terms if not term.quoted and not _looks_like_picture(term)]
    if not strays:
        return terms
    if not any(_sure(term) for term in terms):
        return None
    raise UsageError(
        f"The sum is broken at character {strays[0].position}: {strays[0].text!r} is no file, no "
        "address and not in quotes, as words must be. --text takes all of it as words."
    )


def sum_of_lists(
    positive: Sequence[Weighted], negative: Sequence[Weighted], *, text: bool | None = None
) -> Sum:
    """Return the sum of what is added and what is subtracted.

    Strings are words or name pictures as they do alone (see ``is_words``).

    Raises:
        UsageError: nothing is added, there is too much, one of the two is no list, or a weight
            is no number above 0.
    """
    parts: list[Part] = []
    for name, items, sign in (("positive", positive, 1.0), ("negative", negative, -1.0)):
        if isinstance(items, str | bytes) or not isinstance(items, Sequence):
            raise UsageError(f"{name} is a list of queries, or of pairs of a query and a weight.")
        for item in items:
            query, weight = _weighted(item)
            parts.append(Part(query, sign * weight, is_words(query, text=text)))
    if len(parts) > MOST_TERMS:
        raise UsageError(f"A sum has at most {MOST_TERMS} terms, not {len(parts)}.")
    return Sum(tuple(parts), write_sum(tuple(_shown(part) for part in parts)))


def asked_for(
    query: QueryImage | Known | None,
    positive: Sequence[Weighted],
    negative: Sequence[Weighted],
    *,
    text: bool | None = None,
) -> QueryImage | Known | Sum:
    """Return the query, or the sum of the lists where there is no query.

    Raises:
        UsageError: there are both or neither, or the lists make no sense (see ``sum_of_lists``).
    """
    summed = len(positive) > 0 or len(negative) > 0
    if query is not None and summed:
        raise UsageError("Give either a query or positive and negative ones, not both.")
    if query is not None:
        return query
    if not summed:
        raise UsageError("There is nothing to search for: give a query, or positive ones.")
    return sum_of_lists(positive, negative, text=text)


def direction(vectors: NDArray[np.floating], weights: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the unit vector (d,) to search with for pictures (n, d) of length 1, n >= 1.

    It is v / |v| with v = w_1 u_1 + … + w_n u_n.

    Raises:
        UsageError: they cancel out: |v| is less than a thousandth of the sum of all |w|.
    """
    total = weights.astype(np.float64) @ vectors.astype(np.float64)
    length = float(np.linalg.norm(total))
    if length < _CANCELLED * float(np.abs(weights).sum()):
        raise UsageError("The pictures of the sum cancel out: nothing is left to search for.")
    return (total / length).astype(np.float32)


def _weighted(item: Weighted) -> tuple[QueryImage | Known, float]:
    if not isinstance(item, tuple):
        return item, 1.0
    if len(item) != 2 or isinstance(item[1], bool) or not isinstance(item[1], Real):
        raise UsageError("A pair in a sum is a query and its weight, such as ('a.jpg', 0.5).")
    weight = float(item[1])
    if not (math.isfinite(weight) and weight > 0):
        raise UsageError(f"A weight is a number above 0, not {item[1]}.")
    return item[0], weight


def _shown(part: Part) -> Term:
    if isinstance(part.query, str | PurePath):
        return Term(str(part.query), part.weight, quoted=part.words)
    known = part.query.name if isinstance(part.query, Known) else type(part.query).__name__
    return Term(known, part.weight)


def _has_weight(query: str, term: Term) -> bool:
    beginning = ("'", '"') if term.quoted else term.text
    return not query.startswith(beginning, term.position - 1)


def _looks_like_picture(term: Term) -> bool:
    readable = any(character.isalnum() for character in term.text)
    return names_a_file(term.text) or (readable and not is_words(term.text))


def _surely_picture(term: Term) -> bool:
    return (
        names_a_file(term.text)
        or term.text.lower().startswith(_ADDRESSES)
        or PurePath(term.text).suffix.lower() in PICTURE_SUFFIXES
    )


def _sure(term: Term) -> bool:
    """Tell whether a text with this term in it cannot but be meant as a sum."""
    return term.quoted or _surely_picture(term)
