"""From what a person asks to ranked hits."""

from .encoding import EncodedPicture, encode_picture, held
from .inputs import Known, PictureFile, QueryImage, query_bytes, read_query
from .search import Query, Searcher

__all__ = [
    "EncodedPicture",
    "Known",
    "PictureFile",
    "Query",
    "QueryImage",
    "Searcher",
    "encode_picture",
    "held",
    "query_bytes",
    "read_query",
]
