"""Labels that were probably meant to be another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

__all__ = ["edit_distance", "spelling_notes"]

_FREQUENT = 5
_SHORTEST = 4
_SHORT = 8
_LONGEST = 60
_MOST_NOTES = 50


def spelling_notes(labels: Iterable[str]) -> list[str]:
    """Return a note for each label that looks like a slip of the keyboard.

    That is a label met once that differs from one met at least 5 times by its capitals, by one
    letter, or from 8 letters on by two. Labels whose digits differ are taken as they are.

    >>> spelling_notes(["mushroom"] * 5 + ["mushrom"])
    ["The label 'mushrom' occurs once; did you mean 'mushroom' (5 pictures)?"]
    """
    counts = Counter(labels)
    frequent: dict[str, set[str]] = defaultdict(set)
    for label, count in counts.items():
        if count >= _FREQUENT and _SHORTEST <= len(label) <= _LONGEST:
            for shorter in _with_deletions(label.casefold()):
                frequent[shorter].add(label)
    notes = []
    for label in sorted(label for label, count in counts.items() if count == 1):
        meant = _closest(label, frequent, counts) if frequent else None
        if meant is not None:
            notes.append(
                f"The label {label!r} occurs once; did you mean {meant!r} "
                f"({counts[meant]:,} pictures)?"
            )
    if len(notes) > _MOST_NOTES:
        rest = len(notes) - _MOST_NOTES
        notes[_MOST_NOTES:] = [f"{rest:,} more labels that occur once resemble frequent ones."]
    return notes


def edit_distance(first: str, second: str) -> int:
    """Return how many letters must be inserted, removed or replaced (Levenshtein, 1966).

    >>> edit_distance("kitten", "sitting")
    3
    """
    above = list(range(len(second) + 1))
    for row, left in enumerate(first, 1):
        current = [row]
        for column, right in enumerate(second, 1):
            current.append(
                min(above[column] + 1, current[-1] + 1, above[column - 1] + (left != right))
            )
        above = current
    return above[-1]


def _closest(label: str, frequent: dict[str, set[str]], counts: Counter[str]) -> str | None:
    """Return the frequent label that ``label`` is a misspelling of, or None.

    Two words at distance d share what is left of each after at most d deletions (SymSpell).
    """
    if not _SHORTEST - 1 <= len(label) <= _LONGEST:
        return None
    word = label.casefold()
    candidates: set[str] = set()
    for shorter in _with_deletions(word):
        candidates |= frequent.get(shorter, set())
    best: tuple[int, int, str] | None = None
    for candidate in candidates:
        distance = edit_distance(word, candidate.casefold())
        allowed = 1 if len(candidate) < _SHORT else 2
        if distance <= allowed and _digits(word) == _digits(candidate):
            rank = (distance, -counts[candidate], candidate)
            best = rank if best is None else min(best, rank)
    return best[2] if best is not None else None


def _with_deletions(word: str) -> Iterator[str]:
    """Yield the word, and what is left of it without any one letter, or any two if long."""
    yield word
    for first in range(len(word)):
        once = word[:first] + word[first + 1 :]
        yield once
        if len(word) >= _SHORT - 2:
            for second in range(first, len(once)):
                yield once[:second] + once[second + 1 :]


def _digits(word: str) -> str:
    return "".join(character for character in word if character.isdigit())
