"""From what a person asks to ranked hits."""

from lookalike.filters.filters import Filters

from .encoding import EncodedPicture, encode_picture, held
from .inputs import Known, QueryImage, query_bytes, read_query
from .search import Query, Searcher

__all__ = [
    "EncodedPicture",
    "Filters",
    "Known",
    "Query",
    "QueryImage",
    "Searcher",
    "encode_picture",
    "held",
    "query_bytes",
    "read_query",
]
