"""From what a person asks to ranked hits."""

from .inputs import QueryImage, query_bytes, read_query
from .search import Searcher

__all__ = ["QueryImage", "Searcher", "query_bytes", "read_query"]
