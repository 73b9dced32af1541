"""Sums of pictures and words as text: ``beach.jpg + 0.5*sunset.jpg - 'people'``.

::

    sum    = [sign] term { sign term }
    sign   = "+" | "-"                     with white space on both sides
    term   = [number "*"] (quoted | bare)
    quoted = '…' or "…"                    in which the quote itself is written twice
    bare   = anything up to the next sign

What a term names, a file, an address or words, is not decided here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from lookalike.errors import UsageError

__all__ = ["BrokenSumError", "Term", "read_sum", "write_sum"]

MOST_TERMS = 50

_LEADING = re.compile(r"\s*(?:([+-])\s+)?")
_SIGN = re.compile(r"\s+([+-])(?:\s+|$)")
_NEXT_SIGN = re.compile(r"(?<=\s)[+-](?=\s|$)")
_DOUBLED = re.compile(r"[+-](?:\s|$)")
_WEIGHT = re.compile(r"(\d+\.?\d*|\.\d+)\s*\*\s*")
_QUOTES = "'\""


@dataclass(frozen=True, slots=True)
class Term:
    """One term: its text without quotes, its weight with the sign, never 0, and its place.

    ``quoted`` says whether it stood in quotes, ``position`` which character of the sum it begins
    at, from 1.
    """

    text: str
    weight: float = 1.0
    quoted: bool = False
    position: int = 1

    def __str__(self) -> str:
        number = abs(self.weight)
        weight = "" if number == 1.0 else f"{_plain(number)}*"
        if not self.quoted and _may_stand_bare(self.text):
            # Behind a weight, what looks like another one is text.
            return (weight or "1*" if _WEIGHT.match(self.text) else weight) + self.text
        quote = '"' if "'" in self.text and '"' not in self.text else "'"
        return f"{weight}{quote}{self.text.replace(quote, quote * 2)}{quote}"


class BrokenSumError(UsageError):
    """A text that is no sum; ``before`` are the terms that were read until it broke."""

    def __init__(self, message: str, before: tuple[Term, ...]) -> None:
        super().__init__(message)
        self.before = before


def read_sum(text: str) -> tuple[Term, ...]:
    """Return the terms of a sum, of which there may be one.

    >>> [(term.text, term.weight) for term in read_sum("a.jpg + 0.5*b.jpg - 'some people'")]
    [('a.jpg', 1.0), ('b.jpg', 0.5), ('some people', -1.0)]

    Raises:
        BrokenSumError: a term is missing or empty, a quote is not closed, or a weight is no
            number above 0; the message says at which character.
    """
    terms: list[Term] = []
    leading = _LEADING.match(text)
    place, sign = (leading.end(), leading[1] or "+") if leading else (0, "+")
    while True:
        if len(terms) == MOST_TERMS:
            raise _broken(f"it has more than {MOST_TERMS} terms", place, terms)
        term, place = _read_term(text, place, sign, terms)
        terms.append(term)
        if not text[place:].strip():
            return tuple(terms)
        following = _SIGN.match(text, place)
        if following is None:
            raise _broken("+ or - is missing after the closing quote", place, terms)
        sign, place = following[1], following.end()


def write_sum(terms: tuple[Term, ...]) -> str:
    """Return the text that ``read_sum`` reads as these terms.

    >>> write_sum((Term("a.jpg"), Term("it's late", -0.25, quoted=True)))
    'a.jpg - 0.25*"it\\'s late"'
    """
    text = ""
    for term in terms:
        sign = "-" if term.weight < 0 else "+"
        if text:
            text += f" {sign} {term}"
        else:
            text = f"- {term}" if sign == "-" else str(term)
    return text


def _read_term(text: str, place: int, sign: str, before: list[Term]) -> tuple[Term, int]:
    start, weight = place, 1.0
    number = _WEIGHT.match(text, place)
    if number is not None:
        weight, place = float(number[1]), number.end()
        if not math.isfinite(weight) or weight == 0.0:
            raise _broken(f"the weight {number[1][:20]} is not a number above 0", start, before)
    if place >= len(text) or _DOUBLED.match(text, place):
        raise _broken("a term is missing", place, before)
    quoted = text[place] in _QUOTES
    if quoted:
        found, end = _read_quoted(text, place, before)
    else:
        following = _NEXT_SIGN.search(text, place)
        found = text[place : None if following is None else following.start()].rstrip()
        end = place + len(found)
    if not found.strip():
        raise _broken("a term is empty", place, before)
    return Term(found, -weight if sign == "-" else weight, quoted, start + 1), end


def _read_quoted(text: str, place: int, before: list[Term]) -> tuple[str, int]:
    quote, found, look = text[place], "", place + 1
    while True:
        end = text.find(quote, look)
        if end < 0:
            raise _broken(f"the quote {quote} is not closed", place, before)
        found += text[look:end]
        if text[end + 1 : end + 2] != quote:
            return found, end + 1
        found += quote
        look = end + 2


def _broken(what: str, place: int, before: list[Term]) -> BrokenSumError:
    return BrokenSumError(f"The sum is broken at character {place + 1}: {what}.", tuple(before))


def _may_stand_bare(text: str) -> bool:
    return (
        text == text.strip() != ""
        and text[0] not in _QUOTES
        and not _DOUBLED.match(text)
        and not _NEXT_SIGN.search(text)
    )


def _plain(number: float) -> str:
    """Return a number without exponent that reads as the same one."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")
