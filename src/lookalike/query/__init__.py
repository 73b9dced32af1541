"""From what a person asks to ranked hits."""

from .inputs import QueryImage, read_query
from .search import Searcher

__all__ = ["QueryImage", "Searcher", "read_query"]
