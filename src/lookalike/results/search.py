"""The values that Lookalike hands back: frozen, typed, and able to print themselves."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, overload

__all__ = [
    "Hit",
    "Hits",
    "Repeat",
]


@dataclass(frozen=True, slots=True)
class Repeat:
    """An image that shows the same picture as a hit, and was folded into it."""

    uri: str
    url: str
    score: float
    image_id: int


@dataclass(frozen=True, slots=True)
class Hit:
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
    metadata: Mapping[str, Any] = field(default_factory=dict)
    repeats: tuple[Repeat, ...] = ()
    part: tuple[int, int, int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values = asdict(self)
        values["metadata"] = dict(self.metadata)
        values["score"] = round(self.score, 6)
        values["probability"] = round(self.probability, 6)
        values["part"] = None if self.part is None else list(self.part)
        values["repeats"] = [
            asdict(repeat) | {"score": round(repeat.score, 6)} for repeat in self.repeats
        ]
        return values


@dataclass(frozen=True, slots=True)
class Hits(Sequence[Hit]):
    """The images found for one query, the most alike first.

    Prints as a table; in a notebook it shows as thumbnails.
    """

    hits: tuple[Hit, ...]
    query: str = ""
    thumbnail: Callable[[Hit], bytes | None] | None = field(default=None, repr=False, compare=False)

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
        rows = [("rank", "score", "match", "size", "url")]
        rows += [
            (
                str(hit.rank),
                f"{hit.score:.3f}",
                f"{hit.probability:.0%}",
                f"{hit.width}×{hit.height}",
                (hit.page_url or hit.url) + (f"  +{len(hit.repeats)}" if hit.repeats else ""),
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
        if not self.hits:
            return "<p>no hits</p>"
        cells = "".join(self._figure(hit) for hit in self.hits)
        return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{cells}</div>'

    def _figure(self, hit: Hit) -> str:
        picture = self.thumbnail(hit) if self.thumbnail is not None else None
        if picture is None:
            image = '<div style="width:128px;height:128px;background:#ddd"></div>'
        else:
            data = base64.b64encode(picture).decode("ascii")
            image = f'<img alt="" src="data:image/jpeg;base64,{data}">'
        address = html.escape(hit.page_url or hit.url, quote=True)
        name = html.escape(hit.uri.rsplit("/", 1)[-1])
        more = f"<br>+{len(hit.repeats)} like it" if hit.repeats else ""
        if not address.startswith(("http://", "https://", "file://")):
            address = "#"
        return (
            '<figure style="margin:0;width:128px;font:12px sans-serif;overflow-wrap:anywhere">'
            f'<a href="{address}">{image}</a>'
            f"<figcaption>{hit.rank}. {hit.score:.3f} ({hit.probability:.0%})<br>{name}{more}"
            "</figcaption></figure>"
        )

    def to_list(self) -> list[dict[str, Any]]:
        """Return the hits as dictionaries that JSON can hold."""
        return [hit.to_dict() for hit in self.hits]
