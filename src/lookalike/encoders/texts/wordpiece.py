"""Cut text into the pieces of words that the text encoder has vectors for."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

__all__ = ["WordPieces", "plain_words"]

_LONGEST_WORD = 100
_INSIDE = "##"


def plain_words(text: str) -> list[str]:
    """Return the words of a text: small letters, no accents, signs and CJK one by one.

    >>> plain_words("A café, near 红色")
    ['a', 'cafe', ',', 'near', '红', '色']
    """
    words: list[str] = []
    current: list[str] = []
    for character in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(character)
        if category == "Mn":
            continue
        if character.isspace() or category.startswith("C"):
            _end(current, words)
        elif category[0] in "PS" or _is_ideograph(character):
            _end(current, words)
            words.append(character)
        else:
            current.append(character)
    _end(current, words)
    return words


class WordPieces:
    """The greedy longest-match-first cut of WordPiece, as BERT's tokenizer makes it.

    Wu et al., Google's Neural Machine Translation System, 2016. Where a word cannot be cut
    into known pieces it has none; those inside of a word begin with ``##``.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers

    def pieces(self, text: str) -> list[int]:
        """Return the numbers of the pieces of a text, in order.

        >>> WordPieces({"play": 0, "##ing": 1, "cat": 2}).pieces("Cat playing gzz")
        [2, 0, 1]
        """
        return [number for word in plain_words(text) for number in self._cut(word)]

    def _cut(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return []
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else _INSIDE + word[start:end]
                number = self._numbers.get(piece)
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return []
        return found


def _end(current: list[str], words: list[str]) -> None:
    if current:
        words.append("".join(current))
        current.clear()


def _is_ideograph(character: str) -> bool:
    code = ord(character)
    return (
        0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x4DBF
        or 0x4E00 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x2FA1F
    )
