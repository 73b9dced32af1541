"""What a person asks for in words: what to look for, in which colours, and what to read for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from lookalike.images import COLOUR_NAMES

from .languages import English, shipped_languages

__all__ = ["Question", "read_question"]

_WORD = re.compile(r"\w+")
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "on",
        "in",
        "at",
        "by",
        "to",
        "for",
        "with",
        "and",
        "or",
        "from",
        "is",
        "are",
        "be",
        "its",
        "it",
        "this",
        "that",
        "there",
        "my",
        "your",
        "some",
        "one",
        "two",
        "three",
        "next",
        "near",
        "photo",
        "photos",
        "picture",
        "pictures",
        "image",
        "images",
        "ein",
        "eine",
        "einen",
        "einem",
        "einer",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "und",
        "mit",
        "auf",
        "im",
        "von",
        "am",
        "un",
        "une",
        "le",
        "la",
        "les",
        "l",
        "des",
        "du",
        "et",
        "avec",
        "sur",
        "dans",
        "au",
        "aux",
        "d",
        "en",
        "el",
        "los",
        "las",
        "unos",
        "unas",
        "de",
        "del",
        "y",
        "con",
        "sobre",
    ]
)
_ALSO = {"gray": "grey", "violet": "purple", "golden": "yellow", "scarlet": "red"}


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked.

    ``english`` is the whole in English, for the network's eyes; ``things`` the same without
    its colours, empty where there is nothing else. ``colours`` are numbers of
    ``COLOUR_NAMES``. ``words`` are what addresses and metadata are read for: each is a tuple
    of spellings, of which one is enough.
    """

    english: str
    things: str
    colours: tuple[int, ...]
    words: tuple[tuple[str, ...], ...]


def read_question(text: str) -> Question:
    """Read a question in English, German, French, Spanish, Chinese or Japanese.

    >>> question = read_question("ein rotes Auto")
    >>> question.english, question.things, [COLOUR_NAMES[number] for number in question.colours]
    ('a red car', 'a car', ['red'])
    """
    pieces = shipped_languages().translated(text)
    english = " ".join(piece.english for piece in pieces if piece.english)
    things: list[str] = []
    colours: list[int] = []
    words: list[tuple[str, ...]] = []
    for piece in pieces:
        colour = _colour(piece)
        if colour is not None:
            colours.append(colour)
        elif piece.english:
            things.append(piece.english)
        spellings = _spellings(piece)
        if spellings:
            words.append(spellings)
    filled = [word for thing in things for word in _WORD.findall(thing.lower())]
    if all(word in _EMPTY for word in filled):
        things = []
    return Question(english, " ".join(things), tuple(dict.fromkeys(colours)), tuple(words))


def _colour(piece: English) -> int | None:
    name = piece.english.lower()
    name = _ALSO.get(name, name)
    return COLOUR_NAMES.index(name) if name in COLOUR_NAMES else None


def _spellings(piece: English) -> tuple[str, ...]:
    found = []
    for text in (piece.original, piece.english):
        for word in _WORD.findall(text.lower()):
            plain = _plain(word)
            if plain not in _EMPTY and plain not in found and _means_something(plain):
                found.append(plain)
    return tuple(found)


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFD", word)
    return unicodedata.normalize(
        "NFC", "".join(c for c in letters if c not in "\u0300\u0301\u0302\u0303\u0308\u0327")
    )


def _means_something(word: str) -> bool:
    return len(word) > 1 or ord(word) > 0x2E80
