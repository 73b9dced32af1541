"""Recognise, search and recommend images by how they look.

>>> import lookalike
>>> library = lookalike.open("photos.lookalike")  # doctest: +SKIP
>>> library.add("pictures/")  # doctest: +SKIP
>>> hits = library.search("query.jpg", k=10)  # doctest: +SKIP
"""

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
from .events import Event, Events
from .library import Library
from .open_library import open_library as open
from .recommendation import Recommendation, Recommendations
from .results import (
    AddReport,
    Failure,
    Hit,
    Hits,
    ImageInfo,
    Label,
    Labels,
    Named,
    Progress,
    Repeat,
    Stats,
)
from .settings import Settings, load_settings
from .without_library import models, recognize

__all__ = [
    "AddReport",
    "BlockedAddressError",
    "BrokenImageError",
    "CheckpointError",
    "DivergedError",
    "EmptySourceError",
    "Event",
    "Events",
    "Failure",
    "FetchError",
    "Hit",
    "Hits",
    "ImageError",
    "ImageInfo",
    "ImageTimeoutError",
    "ImageTooLargeError",
    "Label",
    "Labels",
    "Library",
    "LibraryBrokenError",
    "LibraryBusyError",
    "LibraryError",
    "LibraryNotFoundError",
    "LibraryStorageError",
    "LibraryTooNewError",
    "LookalikeError",
    "MissingExtraError",
    "ModelError",
    "ModelFileError",
    "ModelNotFoundError",
    "Named",
    "NotAnImageError",
    "NotInLibraryError",
    "Progress",
    "Recommendation",
    "Recommendations",
    "Repeat",
    "Settings",
    "SettingsError",
    "SourceError",
    "SourceNotFoundError",
    "Stats",
    "TableError",
    "TrainingDataError",
    "TrainingError",
    "UsageError",
    "load_settings",
    "models",
    "open",
    "recognize",
]

__version__ = "0.1.0"
