"""What is recommended, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, overload

__all__ = ["Recommendation", "Recommendations"]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One image that is recommended.

    ``score`` is higher for a better one; its scale depends on how the list was made. ``source``
    is ``content``, ``collaborative``, ``popular``, ``new`` or ``explored``; ``reason`` says why
    in words.
    """

    rank: int
    uri: str
    url: str
    score: float
    reason: str
    source: str
    image_id: int
    page_url: str | None = None
    width: int = 0
    height: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values = asdict(self)
        values["metadata"] = dict(self.metadata)
        values["score"] = round(self.score, 6)
        return values


@dataclass(frozen=True, slots=True)
class Recommendations(Sequence[Recommendation]):
    """What is recommended, the best first, with a note on how it was made; prints as a table."""

    items: tuple[Recommendation, ...]
    note: str = ""

    @overload
    def __getitem__(self, index: int) -> Recommendation: ...
    @overload
    def __getitem__(self, index: slice) -> Recommendations: ...
    def __getitem__(self, index: int | slice) -> Recommendation | Recommendations:
        if isinstance(index, slice):
            return Recommendations(self.items[index], self.note)
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    def __str__(self) -> str:
        if not self.items:
            return "nothing to recommend"
        rows = [("rank", "score", "why", "where")]
        rows += [
            (str(item.rank), f"{item.score:.3f}", item.reason, item.page_url or item.uri)
            for item in self.items
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            f"{rank:>{widths[0]}}  {score:>{widths[1]}}  {why:<{widths[2]}}  {where}"
            for rank, score, why, where in rows
        )

    def to_list(self) -> list[dict[str, Any]]:
        """Return the recommendations as dictionaries that JSON can hold."""
        return [item.to_dict() for item in self.items]
