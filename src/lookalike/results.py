"""The values that Lookalike hands back: frozen, typed, and able to print themselves."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, overload

__all__ = [
    "AddReport",
    "Failure",
    "Hit",
    "Hits",
    "ImageInfo",
    "Label",
    "Labels",
    "Named",
    "Progress",
    "Repeat",
    "Stats",
]


@dataclass(frozen=True, slots=True)
class Label:
    """A name for what is in a picture, with its probability in [0, 1]."""

    name: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return {"name": self.name, "probability": round(self.probability, 4)}


@dataclass(frozen=True, slots=True)
class Named:
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
        return {
            "best": self.best,
            "unknown": round(self.unknown, 4),
            "labels": [label.to_dict() for label in self.labels],
        }


@dataclass(frozen=True, slots=True)
class Labels(Sequence[Label]):
    """The names of what is in one picture, the most probable first.

    ``labels`` are ImageNet's; ``names`` the user's own, or None where none was asked for or the
    library has none.
    """

    uri: str
    labels: tuple[Label, ...]
    names: Named | None = None

    @overload
    def __getitem__(self, index: int) -> Label: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Label, ...]: ...
    def __getitem__(self, index: int | slice) -> Label | tuple[Label, ...]:
        return self.labels[index]

    def __len__(self) -> int:
        return len(self.labels)

    def __str__(self) -> str:
        return "\n".join(f"{label.probability:6.1%}  {label.name}" for label in self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values: dict[str, Any] = {
            "uri": self.uri,
            "labels": [label.to_dict() for label in self.labels],
        }
        if self.names is not None:
            values["names"] = self.names.to_dict()
        return values


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


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """One image of a library, as ``list`` shows it."""

    image_id: int
    uri: str
    url: str
    page_url: str | None
    width: int
    height: int
    format: str
    size: int | None
    added: float
    metadata: Mapping[str, Any]
    labels: tuple[Label, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values = asdict(self)
        values["metadata"] = dict(self.metadata)
        values["labels"] = [label.to_dict() for label in self.labels]
        return values


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that could not be indexed, and why.

    ``kind`` is the name of the error class, such as ``BrokenImageError``; ``time`` is in
    seconds since 1970.
    """

    uri: str
    kind: str
    reason: str
    time: float

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work has come; ``total`` is None while it is not known."""

    done: int
    total: int | None
    failed: int = 0
    stage: str = ""


@dataclass(frozen=True, slots=True)
class AddReport:
    """What one run of ``add`` did, in images.

    ``added`` are new, ``updated`` had changed, ``renamed`` were known under another name,
    ``unchanged`` were left alone, ``removed`` were forgotten by ``prune``, ``skipped``
    failed in an earlier run and have not changed since. ``repeated`` counts the rows and
    paths that name a picture which this run had met before; the first one counts.
    """

    added: int = 0
    updated: int = 0
    renamed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: int = 0
    repeated: int = 0
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        """How many pictures could not be indexed in this run."""
        return len(self.failures)

    @property
    def seen(self) -> int:
        """How many pictures the sources held, whatever became of them."""
        done = self.added + self.updated + self.renamed + self.unchanged
        return done + self.skipped + self.failed

    def __str__(self) -> str:
        parts = [f"{self.added} added"]
        for count, name in (
            (self.updated, "updated"),
            (self.renamed, "renamed"),
            (self.unchanged, "unchanged"),
            (self.removed, "removed"),
            (self.failed, "failed"),
            (self.skipped, "skipped (failed before)"),
            (self.repeated, "named twice"),
        ):
            if count:
                parts.append(f"{count} {name}")
        return ", ".join(parts) + f" in {self.seconds:.1f} s"

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return asdict(self) | {"failed": self.failed}


@dataclass(frozen=True, slots=True)
class Stats:
    """What a library holds.

    ``labels`` counts, for each ImageNet name, the images whose most probable name it is,
    the most frequent first. Sizes are in bytes.
    """

    path: str
    images: int
    failed: int
    model: str
    dimensions: int
    formats: Mapping[str, int]
    labels: tuple[tuple[str, int], ...]
    catalog_bytes: int
    index_bytes: int
    index_kind: str
    index_vectors: int
    tail_vectors: int

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values = asdict(self)
        values["labels"] = [{"name": name, "images": count} for name, count in self.labels]
        return values
