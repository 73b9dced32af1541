"""The values that Lookalike hands back: frozen, typed, and able to print themselves."""

from .events import Event, EventCounts, EventImport
from .failure import Failure
from .interval import Interval
from .labels import Confusion, Label, Labels, LearnReport, NameCheck, Named, NameInfo, NamesCheck
from .library import (
    AddReport,
    Facet,
    ImageInfo,
    ImagePage,
    IndexStatus,
    Progress,
    ReembedReport,
    Stats,
)
from .options import SearchKeywords, SearchOptions
from .recommendation import Assessed, Assessment, Recommendation, Recommendations, SnapshotNote
from .search import Hit, Hits, Repeat

__all__ = [
    "AddReport",
    "Assessed",
    "Assessment",
    "Confusion",
    "Event",
    "EventCounts",
    "EventImport",
    "Facet",
    "Failure",
    "Hit",
    "Hits",
    "ImageInfo",
    "ImagePage",
    "IndexStatus",
    "Interval",
    "Label",
    "Labels",
    "LearnReport",
    "NameCheck",
    "NameInfo",
    "Named",
    "NamesCheck",
    "Progress",
    "Recommendation",
    "Recommendations",
    "ReembedReport",
    "Repeat",
    "SearchKeywords",
    "SearchOptions",
    "SnapshotNote",
    "Stats",
]
