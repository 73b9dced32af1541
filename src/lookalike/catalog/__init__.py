"""The truth about a library: images, vectors, labels and failures in one database."""

from sqlalchemy import Connection

from .catalog import Catalog
from .records import Changes, Generation, ImageRow, KnownFailure, KnownImage, NewImage, SourceFields

__all__ = [
    "Catalog",
    "Changes",
    "Connection",
    "Generation",
    "ImageRow",
    "KnownFailure",
    "KnownImage",
    "NewImage",
    "SourceFields",
]
