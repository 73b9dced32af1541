"""File names as uris that any database stores, and as file:// URLs that any browser opens.

A file name is a row of bytes; one that is not UTF-8 cannot be stored as text. In a uri such
bytes are written ``\\xff``; in the URL every byte has its percent code, so nothing is lost.
"""

from __future__ import annotations

import os
from urllib.parse import quote_from_bytes

from lookalike.results.places import file_url_to_path, uri_to_path

__all__ = ["file_url_to_path", "path_to_file_url", "path_to_uri", "uri_to_path"]

_SAFE = "/!$&'()*+,-.:=@_~"


def path_to_uri(path: str | os.PathLike[str]) -> str:
    """Return the uri of a file: its absolute path as text that encodes to UTF-8.

    >>> path_to_uri("/photos/caf\\udce9.jpg")
    '/photos/caf\\\\xe9.jpg'
    """
    return os.fsencode(os.path.abspath(path)).decode("utf-8", "backslashreplace")


def path_to_file_url(path: str | os.PathLike[str]) -> str:
    """Return the file:// URL of an absolute path.

    >>> path_to_file_url("/photos/red car.jpg")
    'file:///photos/red%20car.jpg'
    """
    return "file://" + quote_from_bytes(os.fsencode(path), safe=_SAFE)
