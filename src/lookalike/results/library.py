"""What a library holds, and what its long jobs report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

from .failure import Failure
from .labels import Label
from .places import uri_to_path
from .showing import table
from .values import Value

__all__ = [
    "AddReport",
    "Facet",
    "ImageInfo",
    "ImagePage",
    "IndexStatus",
    "Progress",
    "ReembedReport",
    "Stats",
]


@dataclass(frozen=True, slots=True)
class ImageInfo(Value):
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
    metadata: Mapping[str, Any] = field(hash=False)
    labels: tuple[Label, ...] = ()

    @property
    def path(self) -> Path | None:
        """The path of a local file; None of a picture from the web."""
        return uri_to_path(self.uri)


@dataclass(frozen=True, slots=True)
class ImagePage(Value, Sequence[ImageInfo]):
    """A page of a listing; ``next`` is the cursor of the page after it, None at the end."""

    images: tuple[ImageInfo, ...]
    next: str | None = None

    @overload
    def __getitem__(self, index: int) -> ImageInfo: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ImageInfo, ...]: ...
    def __getitem__(self, index: int | slice) -> ImageInfo | tuple[ImageInfo, ...]:
        return self.images[index]

    def __len__(self) -> int:
        return len(self.images)


class ValueCount(NamedTuple):
    """A value of a field, and how many images have it."""

    value: str | int | float
    images: int


class LabelCount(NamedTuple):
    """A label, and how many images have it."""

    name: str
    images: int


@dataclass(frozen=True, slots=True)
class Facet(Value):
    """What values a field has: (value, images) pairs, the most frequent first.

    ``kind`` is "values", or "range" where ``least`` and ``greatest`` say more; these are None
    where not all values are numbers. Times are in seconds since 1970. ``missing`` counts the
    images without a value.
    """

    field: str
    kind: Literal["values", "range"]
    values: tuple[ValueCount, ...] = ()
    least: int | float | None = None
    greatest: int | float | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Progress(Value):
    """How far a long piece of work has come; ``total`` is None while it is not known."""

    done: int
    total: int | None
    failed: int = 0
    stage: str = ""


@dataclass(frozen=True, slots=True)
class AddReport(Value):
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
        """Return a dictionary that JSON can hold, with the number that failed."""
        return Value.to_dict(self) | {"failed": self.failed}


@dataclass(frozen=True, slots=True)
class Stats(Value):
    """What a library holds.

    ``labels`` counts, for each ImageNet name, the images whose most probable name it is,
    the most frequent first. Sizes are in bytes.
    """

    path: str
    images: int
    failed: int
    model: str
    dimensions: int
    formats: Mapping[str, int] = field(hash=False)
    labels: tuple[LabelCount, ...]
    catalog_bytes: int
    index_bytes: int
    index_kind: str
    index_vectors: int
    tail_vectors: int

    def _repr_html_(self) -> str:
        rows = [
            ("images", f"{self.images:,}"),
            ("failed", f"{self.failed:,}"),
            ("model", f"{self.model}, {self.dimensions} dimensions"),
            ("formats", ", ".join(f"{name} {count:,}" for name, count in self.formats.items())),
            ("labels", ", ".join(f"{name} {count:,}" for name, count in self.labels)),
            ("index", f"{self.index_kind}, {self.index_vectors:,} + {self.tail_vectors:,}"),
            ("folder", self.path),
        ]
        return table(rows)


@dataclass(frozen=True, slots=True)
class IndexStatus(Value):
    """What an index holds.

    ``kind`` is "exact", "hnsw", "ivf" or "none" when there is no usable snapshot; ``vectors``
    are in the snapshot, ``tail`` came since, ``deleted`` are in the snapshot and no longer in
    the library. ``bytes`` is the size of the snapshot, ``built_at`` in seconds since 1970.
    ``problem`` says why a snapshot that is there is not used.
    """

    kind: str
    vectors: int
    tail: int
    deleted: int
    bytes: int
    built_at: float | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ReembedReport(Value):
    """What one run of ``reembed`` did, in images.

    ``embedded`` got their vector in this run; ``failures`` could not be read; ``removed`` were
    dropped for that. Without ``switched`` the library is searched with the model before.
    """

    model: str
    switched: bool
    embedded: int
    removed: int = 0
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
