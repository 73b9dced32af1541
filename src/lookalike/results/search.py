"""The values that Lookalike hands back: frozen, typed, and able to print themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from .places import shown, uri_to_path
from .showing import figure, side_by_side
from .values import Value

__all__ = [
    "Hit",
    "Hits",
    "Repeat",
    "place",
]


@dataclass(frozen=True, slots=True)
class Repeat(Value):
    """An image that shows the same picture as a hit, and was folded into it."""

    uri: str
    url: str
    score: float
    image_id: int

    @property
    def path(self) -> Path | None:
        """The path of a local file; None of a picture from the web."""
        return uri_to_path(self.uri)


@dataclass(frozen=True, slots=True)
class Hit(Value):
    """One image found.

    ``score`` is the cosine of the two embeddings, in [-1, 1], higher is more alike;
    ``probability`` is the calibrated probability, in [0, 1], that the two show the same
    kind of thing. ``width`` and ``height`` are in pixels, after EXIF orientation.
    ``repeats`` are the same picture again, when a search folds them. ``part`` is what the score
    is of, where that is a part of the picture: left, top, width and height in its pixels.
    """

    rank: int
    uri: str
    url: str
    score: float
    probability: float
    width: int
    height: int
    image_id: int
    page_url: str | None = None
    format: str = ""
    size: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    repeats: tuple[Repeat, ...] = ()
    part: tuple[int, int, int, int] | None = None

    @property
    def path(self) -> Path | None:
        """The path of a local file; None of a picture from the web."""
        return uri_to_path(self.uri)

    def _repr_html_(self) -> str:
        return _figure(self, None)


@dataclass(frozen=True, slots=True)
class Hits(Value, Sequence[Hit]):
    """The images found for one query, the most alike first.

    Prints as a table; in a notebook it shows as thumbnails.
    """

    hits: tuple[Hit, ...]
    query: str = ""
    thumbnail: Callable[[Hit], bytes | None] | None = field(
        default=None, repr=False, compare=False, metadata={"written": False}
    )

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> Hits: ...
    def __getitem__(self, index: int | slice) -> Hit | Hits:
        if isinstance(index, slice):
            return Hits(self.hits[index], self.query, self.thumbnail)
        return self.hits[index]

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __str__(self) -> str:
        if not self.hits:
            return "no hits"
        rows = [("rank", "score", "match", "size", "where")]
        rows += [
            (
                str(hit.rank),
                f"{hit.score:.3f}",
                f"{hit.probability:.0%}",
                f"{hit.width}×{hit.height}",
                place(hit.uri, hit.page_url) + (f"  +{len(hit.repeats)}" if hit.repeats else ""),
            )
            for hit in self.hits
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row[:4], widths, strict=True))
            + "  "
            + row[4]
            for row in rows
        )

    def _repr_html_(self) -> str:
        thumbnail = self.thumbnail or _no_thumbnail
        return side_by_side((_figure(hit, thumbnail(hit)) for hit in self.hits), "no hits")

    def __reduce__(self) -> tuple[Any, ...]:
        return Hits, (self.hits, self.query)  # without what reads thumbnails

    def to_list(self) -> list[dict[str, Any]]:
        """Return the hits as dictionaries that JSON can hold."""
        return [hit.to_dict() for hit in self.hits]


def _no_thumbnail(_hit: Hit) -> bytes | None:
    return None


def _figure(hit: Hit, picture: bytes | None) -> str:
    more = f"+{len(hit.repeats)} like it" if hit.repeats else ""
    lines = (f"{hit.rank}. {hit.score:.3f} ({hit.probability:.0%})", more)
    return figure(hit.page_url or hit.url, hit.uri.rsplit("/", 1)[-1], lines, picture)


def place(uri: str, page_url: str | None) -> str:
    """Return where a picture is, to print: its page, or the path or URL of the picture."""
    return shown(page_url or str(uri_to_path(uri) or uri))
