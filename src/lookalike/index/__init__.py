"""Nearest neighbours: derived from the catalog, and rebuilt from it at any time."""

from lookalike.results import IndexStatus

from .library_index import LibraryIndex
from .plan import Plan
from .scan import Neighbours

__all__ = ["IndexStatus", "LibraryIndex", "Neighbours", "Plan"]
