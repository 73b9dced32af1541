"""Nearest neighbours: derived from the catalog, and rebuilt from it at any time."""

from .library_index import IndexStatus, LibraryIndex
from .plan import Plan
from .scan import Neighbours

__all__ = ["IndexStatus", "LibraryIndex", "Neighbours", "Plan"]
