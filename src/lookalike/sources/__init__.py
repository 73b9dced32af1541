"""Where pictures come from: folders, files, tables and URLs."""

from .fetch import Fetched, Fetcher
from .find import find_items, is_table
from .items import Item, Unreadable
from .paths import file_url_to_path, path_to_file_url, path_to_uri, uri_to_path
from .read import read_bytes, read_file

__all__ = [
    "Fetched",
    "Fetcher",
    "Item",
    "Unreadable",
    "file_url_to_path",
    "find_items",
    "is_table",
    "path_to_file_url",
    "path_to_uri",
    "read_bytes",
    "read_file",
    "uri_to_path",
]
