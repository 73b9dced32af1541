"""Read WordNet 3.0's nouns, as Debian's package wordnet-base carries them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Synset", "adjective_counts", "noun_counts", "read_nouns"]


@dataclass(frozen=True, slots=True)
class Synset:
    """A meaning: its words, the meanings above it, what it says of itself, its field."""

    words: tuple[str, ...]
    above: tuple[str, ...]
    gloss: str
    field: int


def read_nouns(folder: Path) -> dict[str, Synset]:
    """Return the synsets of nouns by their names (``n02121808``), in the order of the file.

    Raises:
        SystemExit: WordNet is not there.
    """
    path = folder / "data.noun"
    if not path.is_file():
        raise SystemExit(f"There is no WordNet in {folder}: apt-get install wordnet-base")
    found = {}
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):
            continue
        head, _, gloss = line.partition(" | ")
        fields = head.split()
        count = int(fields[3], 16)
        words = tuple(fields[4 + 2 * number].replace("_", " ") for number in range(count))
        start = 5 + 2 * count
        pointers = [
            (fields[start + 4 * number], fields[start + 1 + 4 * number])
            for number in range(int(fields[start - 1]))
        ]
        above = tuple(f"n{target}" for kind, target in pointers if kind in ("@", "@i"))
        found[f"n{fields[0]}"] = Synset(words, above, gloss.strip(), int(fields[1]))
    return found


def noun_counts(folder: Path) -> dict[str, int]:
    """Return how often each noun was counted in running text."""
    return _counts(folder, "1")


def adjective_counts(folder: Path) -> dict[str, int]:
    """Return how often each adjective was counted in running text."""
    return _counts(folder, "35")


def _counts(folder: Path, kinds: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in (folder / "cntlist.rev").read_text("utf-8").splitlines():
        key, _, count = line.split()
        word, _, sense = key.partition("%")
        if sense[0] in kinds:
            counts[word] = counts.get(word, 0) + int(count)
    return counts
