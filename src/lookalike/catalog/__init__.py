"""The truth about a library: images, vectors, labels and failures in one database."""

from .catalog import Catalog
from .records import Changes, Generation, ImageRow, KnownFailure, KnownImage, NewImage, SourceFields

__all__ = [
    "Catalog",
    "Changes",
    "Generation",
    "ImageRow",
    "KnownFailure",
    "KnownImage",
    "NewImage",
    "SourceFields",
]
