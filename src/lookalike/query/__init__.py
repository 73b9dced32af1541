"""From what a person asks to ranked hits."""

from lookalike.filters.filters import Filters

from .inputs import QueryImage, query_bytes, read_query
from .search import Searcher, SearchOptions

__all__ = ["Filters", "QueryImage", "SearchOptions", "Searcher", "query_bytes", "read_query"]
