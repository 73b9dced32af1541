"""Names for what is in pictures: the network's, the user's, and how well those are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

from .failure import Failure
from .places import shown
from .showing import table
from .values import Value

__all__ = [
    "Confusion",
    "Label",
    "LabelInfo",
    "LabelScore",
    "Labels",
    "LabelsCheck",
    "LearnReport",
    "Named",
]


@dataclass(frozen=True, slots=True)
class Label(Value):
    """A name for what is in a picture, with its probability in [0, 1]."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Named(Value):
    """The user's own names for one picture, the most probable first.

    The probabilities of all names and ``unknown``, that it shows none of them, sum to one.
    """

    labels: tuple[Label, ...]
    unknown: float

    @property
    def best(self) -> str | None:
        """The most probable name, or None where "unknown" is the likelier half."""
        return self.labels[0].name if self.labels and self.unknown < 0.5 else None

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold; ``best`` is null for an unknown thing."""
        return {"best": self.best} | Value.to_dict(self)


@dataclass(frozen=True, slots=True)
class Labels(Value, Sequence[Label]):
    """The names of what is in one picture, the most probable first.

    ``labels`` are ImageNet's; ``own`` the user's, or None where none was asked for or the
    library has none.
    """

    uri: str
    labels: tuple[Label, ...]
    own: Named | None = None

    @overload
    def __getitem__(self, index: int) -> Label: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Label, ...]: ...
    def __getitem__(self, index: int | slice) -> Label | tuple[Label, ...]:
        return self.labels[index]

    def __len__(self) -> int:
        return len(self.labels)

    def __str__(self) -> str:
        return "\n".join(f"{one.probability:6.1%}  {shown(one.name)}" for one in self.labels)

    def _repr_html_(self) -> str:
        own = () if self.own is None else self.own.labels
        rows = [(f"{one.probability:.1%}", one.name) for one in (*own, *self.labels)]
        return table(rows)


@dataclass(frozen=True, slots=True)
class LabelInfo(Value):
    """One name: its examples in the library and outside of it."""

    name: str
    images: int
    outside: int


@dataclass(frozen=True, slots=True)
class LearnReport(Value):
    """What one run of ``learn`` did, in examples.

    ``removed`` were learned from the same place before and are not there any more; ``skipped``
    images have no value in the column; ``failures`` could not be read.
    """

    names: int
    added: int
    removed: int = 0
    skipped: int = 0
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelScore(Value):
    """One name: its examples, how many were judged, and the shares that came out right.

    ``accuracy`` counts its name as the best one; ``known`` that it is not called unknown. Both
    are None for a name with one example alone, which cannot be left out.
    """

    name: str
    examples: int
    judged: int
    accuracy: float | None
    known: float | None


@dataclass(frozen=True, slots=True)
class Confusion(Value):
    """So many examples of one name that were taken for another."""

    name: str
    taken_for: str
    count: int


class Contradiction(NamedTuple):
    """A picture with several labels."""

    uri: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelsCheck(Value):
    """The names of a library, judged on examples left out.

    ``accuracy`` is the mean over the names, ``unknown_found`` the share of examples that are
    called unknown when their whole name is left out; None where nothing can be judged.
    ``contradictions`` are the pictures with several names.
    """

    recogniser: str
    accuracy: float | None
    unknown_found: float | None
    names: tuple[LabelScore, ...]
    confusions: tuple[Confusion, ...]
    contradictions: tuple[Contradiction, ...]
