"""The values that Lookalike hands back: frozen, typed, and able to print themselves."""

from .events import Event, EventCounts, EventImport
from .failure import Failure
from .interval import Interval
from .labels import (
    Confusion,
    Contradiction,
    Label,
    LabelInfo,
    Labels,
    LabelsCheck,
    LabelScore,
    LearnReport,
    Named,
)
from .library import (
    AddReport,
    Facet,
    ImageInfo,
    ImagePage,
    IndexStatus,
    LabelCount,
    Progress,
    ReembedReport,
    Stats,
    ValueCount,
)
from .options import SearchKeywords, SearchOptions
from .recommendation import Assessed, Assessment, Gain, LearnedNote, Recommendation, Recommendations
from .search import Hit, Hits, Repeat

__all__ = [
    "AddReport",
    "Assessed",
    "Assessment",
    "Confusion",
    "Contradiction",
    "Event",
    "EventCounts",
    "EventImport",
    "Facet",
    "Failure",
    "Gain",
    "Hit",
    "Hits",
    "ImageInfo",
    "ImagePage",
    "IndexStatus",
    "Interval",
    "Label",
    "LabelCount",
    "LabelInfo",
    "LabelScore",
    "Labels",
    "LabelsCheck",
    "LearnReport",
    "LearnedNote",
    "Named",
    "Progress",
    "Recommendation",
    "Recommendations",
    "ReembedReport",
    "Repeat",
    "SearchKeywords",
    "SearchOptions",
    "Stats",
    "ValueCount",
]
