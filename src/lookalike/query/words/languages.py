"""Common words of five languages in English, so that words need not be English ones.

A table made by ``tools/build_languages.py``: names of things that can be seen, colours and small
words; no grammar. What it does not know is left as it is, in letters, or left out, in
characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lookalike.errors import ModelFileError

__all__ = ["English", "Languages", "shipped_languages"]

_SHIPPED = Path(__file__).parent / "data" / "languages.txt"
_LONGEST_PHRASE = 4
_LONGEST_RUN = 12
_CJK = ("zh", "ja")


@dataclass(frozen=True, slots=True)
class English:
    """A word or phrase as it was written, and its English, which may be nothing."""

    original: str
    english: str


class Languages:
    """Translates questions word by word.

    Args:
        tables: for each language, phrases in small letters to their English.
        english: the words that are taken to be English when nothing speaks against it.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, str]], english: frozenset[str]) -> None:
        self._tables = tables
        self._english = english

    def translated(self, text: str) -> list[English]:
        """Return the text in pieces, in order, each with its English."""
        pieces: list[English] = []
        for run, ideographic in _runs(unicodedata.normalize("NFKC", text)):
            pieces += self._characters(run) if ideographic else self._letters(run)
        return pieces

    def _letters(self, run: str) -> list[English]:
        words = [word for word in _split(run) if word]
        known = sum(_in_english(word.lower(), self._english) for word in words)
        best, cut = known, [English(word, word) for word in words]
        for language, table in self._tables.items():
            if language in _CJK:
                continue
            found, pieces = _phrases(words, table)
            if found > best:
                best, cut = found, pieces
        return cut

    def _characters(self, run: str) -> list[English]:
        japanese = any(0x3040 <= ord(character) <= 0x30FF for character in run)
        order = _CJK[::-1] if japanese else _CJK
        tables = [self._tables.get(language, {}) for language in order]
        pieces: list[English] = []
        start = 0
        while start < len(run):
            for end in range(min(len(run), start + _LONGEST_RUN), start, -1):
                part = run[start:end]
                english = next((table[part] for table in tables if part in table), None)
                if english is not None:
                    pieces.append(English(part, english))
                    start = end
                    break
            else:
                _append_unknown(pieces, run[start])
                start += 1
        return pieces


def _phrases(words: list[str], table: Mapping[str, str]) -> tuple[int, list[English]]:
    """Return how many of the words a language knows, and the phrases it cuts them into."""
    known, pieces, start = 0, [], 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_PHRASE), start, -1):
            phrase = " ".join(words[start:end])
            english = table.get(phrase.lower())
            if english is not None:
                known += end - start
                pieces.append(English(phrase, english))
                start = end
                break
        else:
            pieces.append(English(words[start], words[start]))
            start += 1
    return known, pieces


def _append_unknown(pieces: list[English], character: str) -> None:
    """Keep unknown characters together: they may stand in the metadata."""
    if pieces and not pieces[-1].english:
        pieces[-1] = English(pieces[-1].original + character, "")
    else:
        pieces.append(English(character, ""))


def _in_english(word: str, english: frozenset[str]) -> bool:
    return (
        word in english or word.removesuffix("s") in english or word.removesuffix("es") in english
    )


def _split(run: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "-" else " " for c in run).split()


def _runs(text: str) -> list[tuple[str, bool]]:
    """Return the stretches of a text with or without spaces between words."""
    runs: list[tuple[str, bool]] = []
    for character in text:
        ideographic = 0x3005 <= ord(character) <= 0x30FF or 0x3400 <= ord(character) <= 0x9FFF
        if runs and runs[-1][1] == ideographic:
            runs[-1] = (runs[-1][0] + character, ideographic)
        else:
            runs.append((character, ideographic))
    return runs


@lru_cache(maxsize=1)
def shipped_languages() -> Languages:
    """Return the table that ships with Lookalike, loaded once.

    Raises:
        ModelFileError: its file is missing or damaged.
    """
    tables: dict[str, dict[str, str]] = {}
    english: frozenset[str] = frozenset()
    try:
        for line in _SHIPPED.read_text(encoding="utf-8").splitlines():
            language, _, rest = line.partition("\t")
            if language == "en":
                english = frozenset(rest.split(" "))
            else:
                foreign, _, meaning = rest.partition("\t")
                tables.setdefault(language, {})[foreign] = meaning
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(
            f"The table of languages {_SHIPPED} cannot be read: {error}"
        ) from error
    return Languages(tables, english)
