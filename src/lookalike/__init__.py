"""Recognise, search and recommend images by how they look.

>>> import lookalike
>>> library = lookalike.open("photos.lookalike")  # doctest: +SKIP
>>> library.add("pictures/")  # doctest: +SKIP
>>> hits = library.search("query.jpg", k=10)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .encoders.card import ModelCard
    from .encoders.registry import models
    from .errors import (
        BlockedAddressError,
        BrokenImageError,
        CheckpointError,
        DivergedError,
        EmptySourceError,
        FetchError,
        ImageError,
        ImageTimeoutError,
        ImageTooLargeError,
        LibraryBrokenError,
        LibraryBusyError,
        LibraryClosedError,
        LibraryError,
        LibraryNotFoundError,
        LibraryStorageError,
        LibraryTooNewError,
        LookalikeError,
        MissingExtraError,
        ModelError,
        ModelFileError,
        ModelNotFoundError,
        NotAnImageError,
        NotInLibraryError,
        SettingsError,
        SourceError,
        SourceNotFoundError,
        TableError,
        TrainingDataError,
        TrainingError,
        UsageError,
    )
    from .library.events import Events
    from .library.library import Library
    from .library.opening import open_library as open
    from .recognition.imagenet import recognize
    from .results import (
        AddReport,
        Assessed,
        Assessment,
        Confusion,
        Contradiction,
        Event,
        EventCounts,
        EventImport,
        Facet,
        Failure,
        Gain,
        Hit,
        Hits,
        ImageInfo,
        ImagePage,
        IndexStatus,
        Interval,
        Label,
        LabelCount,
        LabelInfo,
        Labels,
        LabelsCheck,
        LabelScore,
        LearnedNote,
        LearnReport,
        Named,
        Progress,
        Recommendation,
        Recommendations,
        ReembedReport,
        Repeat,
        SearchKeywords,
        SearchOptions,
        Stats,
        ValueCount,
    )
    from .settings import Settings, load_settings

__all__ = [
    "AddReport",
    "Assessed",
    "Assessment",
    "BlockedAddressError",
    "BrokenImageError",
    "CheckpointError",
    "Confusion",
    "Contradiction",
    "DivergedError",
    "EmptySourceError",
    "Event",
    "EventCounts",
    "EventImport",
    "Events",
    "Facet",
    "Failure",
    "FetchError",
    "Gain",
    "Hit",
    "Hits",
    "ImageError",
    "ImageInfo",
    "ImagePage",
    "ImageTimeoutError",
    "ImageTooLargeError",
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
    "Library",
    "LibraryBrokenError",
    "LibraryBusyError",
    "LibraryClosedError",
    "LibraryError",
    "LibraryNotFoundError",
    "LibraryStorageError",
    "LibraryTooNewError",
    "LookalikeError",
    "MissingExtraError",
    "ModelCard",
    "ModelError",
    "ModelFileError",
    "ModelNotFoundError",
    "Named",
    "NotAnImageError",
    "NotInLibraryError",
    "Progress",
    "Recommendation",
    "Recommendations",
    "ReembedReport",
    "Repeat",
    "SearchKeywords",
    "SearchOptions",
    "Settings",
    "SettingsError",
    "SourceError",
    "SourceNotFoundError",
    "Stats",
    "TableError",
    "TrainingDataError",
    "TrainingError",
    "UsageError",
    "ValueCount",
    "load_settings",
    "models",
    "open",
    "recognize",
]

__version__ = "0.1.0"

_PLACES = {
    "Events": "library.events",
    "Library": "library.library",
    "ModelCard": "encoders.card",
    "Settings": "settings",
    "load_settings": "settings",
    "models": "encoders.registry",
    "open": "library.opening",
    "recognize": "recognition.imagenet",
}
"""Where the names live that are not a value (``results``) or an error (``errors``)."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    place = _PLACES.get(name, "errors" if name.endswith("Error") else "results")
    value = getattr(
        import_module(f"{__name__}.{place}"), "open_library" if name == "open" else name
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
