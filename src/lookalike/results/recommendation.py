"""What is recommended, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, overload

from .interval import Interval
from .places import shown, uri_to_path
from .search import place
from .showing import figure, side_by_side
from .values import Value

__all__ = ["Assessed", "Assessment", "LearnedNote", "Recommendation", "Recommendations"]


@dataclass(frozen=True, slots=True)
class Recommendation(Value):
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
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def path(self) -> Path | None:
        """The path of a local file; None of a picture from the web."""
        return uri_to_path(self.uri)


@dataclass(frozen=True, slots=True)
class Recommendations(Value, Sequence[Recommendation]):
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
            (
                str(item.rank),
                f"{item.score:.3f}",
                shown(item.reason),
                place(item.uri, item.page_url),
            )
            for item in self.items
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            f"{rank:>{widths[0]}}  {score:>{widths[1]}}  {why:<{widths[2]}}  {where}"
            for rank, score, why, where in rows
        )

    def _repr_html_(self) -> str:
        figures = (
            figure(
                item.page_url or item.url,
                item.uri.rsplit("/", 1)[-1],
                (f"{item.rank}. {item.score:.3f}", item.reason),
            )
            for item in self.items
        )
        return side_by_side(figures, "nothing to recommend")

    def to_list(self) -> list[dict[str, Any]]:
        """Return the recommendations as dictionaries that JSON can hold."""
        return [item.to_dict() for item in self.items]


@dataclass(frozen=True, slots=True)
class Assessed(Value):
    """What one recommender reached: means over users; intervals are of 95 %, over users.

    ``recall`` and ``ndcg`` are at k, ``coverage`` is the share of the catalogue recommended to
    anybody, ``diversity`` the mean of 1 - cos within a list, ``novelty`` in bits; a value that
    cannot be had is None.
    """

    name: str
    recall: float
    ndcg: float
    ndcg_interval: Interval
    coverage: float
    diversity: float | None
    novelty: float


class Gain(NamedTuple):
    """How much more one reaches than another: the mean, and its interval of 95 %."""

    mean: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Assessment(Value):
    """All recommenders on the same users.

    ``gains`` is, for each other recommender, the interval of how much more NDCG@k the hybrid
    has, over users, paired. ``weights`` are those of the hybrid, learned before the test.
    """

    rows: tuple[Assessed, ...]
    gains: Mapping[str, Gain] = field(hash=False)
    weights: Mapping[str, float] = field(hash=False)
    users: int
    newcomers: int
    wanted: int
    k: int
    split: str

    def markdown(self) -> str:
        """Return the figures as a table."""
        k = self.k
        lines = [
            f"| | NDCG@{k} | 95 % | recall@{k} | coverage | diversity | novelty | hybrid's gain |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for row in self.rows:
            low, high = row.ndcg_interval
            gain = ""
            if row.name in self.gains:
                mean, (least, most) = self.gains[row.name]
                gain = f"{mean:+.4f} ({least:+.4f} to {most:+.4f})"
            diverse = "–" if row.diversity is None else f"{row.diversity:.3f}"
            lines.append(
                f"| {row.name} | {row.ndcg:.4f} | {low:.4f}–{high:.4f} | {row.recall:.4f} "
                f"| {row.coverage:.1%} | {diverse} | {row.novelty:.2f} | {gain} |"
            )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class LearnedNote(Value):
    """From what a snapshot was learned, and what came of it.

    ``events`` is how many there were, ``generation`` the one whose vectors were used; ``weights``
    are those of the mixture and ``ndcg`` what it reached on choices held out, None where there
    were too few.
    """

    events: int
    users: int
    generation: int
    weights: Mapping[str, float] = field(hash=False)
    ndcg: float | None
    learned_at: float
    folder: str = ""
    format: int = 0
