"""Patterns that say which files of a folder are wanted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate

__all__ = ["Globs"]


@dataclass(frozen=True, slots=True)
class Globs:
    """Patterns with ``*``, ``?`` and ``[abc]``, upper and lower case alike.

    Each is compared with the path relative to the folder that was given, with ``/`` between
    its parts, and with the name alone; ``*`` also matches ``/``. No ``include`` means
    everything; ``exclude`` wins, and a folder that it matches is not entered.

    >>> globs = Globs.of(include=["*.jpg"], exclude=["cache"])
    >>> globs.wants("trips/IMG_1.JPG"), globs.wants("notes.png"), globs.enters("trips/cache")
    (True, False, False)
    """

    include: re.Pattern[str] | None
    exclude: re.Pattern[str] | None

    @classmethod
    def of(cls, *, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Globs:
        """Compile the patterns."""
        return cls(_compile(include), _compile(exclude))

    def wants(self, relative: str) -> bool:
        """Return whether a file is wanted."""
        return self.enters(relative) and (self.include is None or _matches(self.include, relative))

    def enters(self, relative: str) -> bool:
        """Return whether a folder or file is not excluded."""
        return self.exclude is None or not _matches(self.exclude, relative)


def _matches(pattern: re.Pattern[str], relative: str) -> bool:
    return bool(pattern.match(relative) or pattern.match(relative.rpartition("/")[2]))


def _compile(patterns: Sequence[str]) -> re.Pattern[str] | None:
    alternatives = []
    for given in [patterns] if isinstance(patterns, str) else patterns:
        pattern = given.removeprefix("./").rstrip("/")
        alternatives.append(translate(pattern))
        if pattern.startswith("**/"):
            alternatives.append(translate(pattern[3:]))
        if pattern.endswith("/**"):
            alternatives.append(translate(pattern[:-3]))
    return re.compile("|".join(alternatives), re.IGNORECASE) if alternatives else None
