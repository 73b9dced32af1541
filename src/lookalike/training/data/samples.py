"""Pictures with labels, as training sees them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from lookalike.errors import TrainingDataError, UsageError

__all__ = ["DataSet", "Kind", "Pair", "Sample"]

Kind: TypeAlias = Literal["labelled", "unlabelled", "pairs"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture file and what it shows.

    ``label`` is its class: pictures of one label belong together, and an unlabelled picture is
    a class of its own. ``labels`` holds every label column of the table it came from, or the
    folder. ``name`` is the path below the source with forward slashes; it is unique within a
    data set and stays the same when the source moves. Pictures of one
    ``group``, if it is not empty, stay in one part of a division, with their classes.
    """

    path: Path
    label: str
    labels: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.path.name)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two samples, by their place in the data set, and whether they belong together."""

    first: int
    second: int
    same: bool


@dataclass(frozen=True, slots=True)
class DataSet:
    """The pictures to learn from.

    ``kind`` says where the labels come from: ``"labelled"`` from folders or a table,
    ``"unlabelled"`` from nowhere, so each picture has its own, and ``"pairs"`` from pairs of
    pictures, where those that a chain of same pairs connects share one. ``notes`` are
    sentences on what was left out and what looks odd.

    Raises:
        TrainingDataError: two samples have the same name.
        UsageError: an unknown kind, or a pair of samples that there are not.

    >>> photos = [Sample(Path(f"{name}.jpg"), name[0]) for name in ("a1", "a2", "b1")]
    >>> data = DataSet(photos, "labelled")
    >>> len(data), data.classes, [sample.name for sample in data.select([2]).samples]
    (3, ('a', 'b'), ['b1.jpg'])
    """

    samples: Sequence[Sample]
    kind: Kind
    pairs: Sequence[Pair] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", tuple(self.samples))
        object.__setattr__(self, "pairs", tuple(self.pairs))
        if self.kind not in get_args(Kind):
            raise UsageError(f"kind must be one of {', '.join(get_args(Kind))}; got {self.kind!r}.")
        names = Counter(sample.name for sample in self.samples)
        if len(names) != len(self.samples):
            twice = names.most_common(1)[0][0]
            raise TrainingDataError(f"Two pictures have the same name {twice!r}.")
        count = len(self.samples)
        for pair in self.pairs:
            if not (0 <= pair.first < count and 0 <= pair.second < count):
                raise UsageError(f"{pair} names a sample that is not among the {count}.")

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        return f"<DataSet {self.describe()}>"

    @property
    def labels(self) -> tuple[str, ...]:
        """The class of each sample, in order."""
        return tuple(sample.label for sample in self.samples)

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels, sorted."""
        return tuple(sorted({sample.label for sample in self.samples}))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, labels and pairs as 64 hexadecimal digits, whatever the order."""
        lines = sorted(
            f"sample\0{sample.name}\0{sample.label}\0{sorted(sample.labels.items())}"
            + (f"\0{sample.group}" if sample.group else "")
            for sample in self.samples
        )
        for pair in self.pairs:
            first, second = sorted((self.samples[pair.first].name, self.samples[pair.second].name))
            lines.append(f"pair\0{first}\0{second}\0{pair.same}")
        lines[len(self.samples) :] = sorted(lines[len(self.samples) :])
        text = "\n".join([self.kind, *lines])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def select(self, indices: Iterable[int]) -> DataSet:
        """Return the samples at ``indices``, in that order, and the pairs among them.

        Raises:
            UsageError: an index out of range.
        """
        chosen = [int(index) for index in indices]
        if any(not 0 <= index < len(self.samples) for index in chosen):
            raise UsageError(f"indices must be from 0 to {len(self.samples) - 1}.")
        place = {old: new for new, old in enumerate(chosen)}
        pairs = tuple(
            Pair(place[pair.first], place[pair.second], pair.same)
            for pair in self.pairs
            if pair.first in place and pair.second in place
        )
        return DataSet([self.samples[index] for index in chosen], self.kind, pairs, self.notes)

    def describe(self) -> str:
        """Return the size in a phrase, such as ``12 pictures of 3 classes``."""
        pictures = f"{len(self):,} picture{'' if len(self) == 1 else 's'}"
        if self.kind == "unlabelled":
            return f"{pictures} without labels"
        if self.kind == "pairs":
            return f"{pictures} in {len(self.pairs):,} pair{'' if len(self.pairs) == 1 else 's'}"
        count = len(self.classes)
        return f"{pictures} of {count:,} class{'' if count == 1 else 'es'}"
