"""File names as uris that any database stores, and as file:// URLs that any browser opens.

A file name is a row of bytes; one that is not UTF-8 cannot be stored as text. In a uri such
bytes are written ``\\xff``; in the URL every byte has its percent code, so nothing is lost.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from lookalike.errors import SourceError

__all__ = ["file_url_to_path", "path_to_file_url", "path_to_uri", "uri_to_path"]

_ESCAPED_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SAFE = "/!$&'()*+,-.:=@_~"


def path_to_uri(path: str | os.PathLike[str]) -> str:
    """Return the uri of a file: its absolute path as text that encodes to UTF-8.

    >>> path_to_uri("/photos/caf\\udce9.jpg")
    '/photos/caf\\\\xe9.jpg'
    """
    return os.fsencode(os.path.abspath(path)).decode("utf-8", "backslashreplace")


def uri_to_path(uri: str) -> Path | None:
    """Return the path that a uri names, or None when it is the URL of something remote."""
    if uri.lower().startswith("file://"):
        return file_url_to_path(uri)
    if _HAS_SCHEME.match(uri):
        return None
    if "\\x" in uri and not os.path.lexists(uri):
        raw = _ESCAPED_BYTE.sub(lambda found: bytes([int(found[1], 16)]), os.fsencode(uri))
        return Path(os.fsdecode(raw))
    return Path(uri)


def path_to_file_url(path: str | os.PathLike[str]) -> str:
    """Return the file:// URL of an absolute path.

    >>> path_to_file_url("/photos/red car.jpg")
    'file:///photos/red%20car.jpg'
    """
    return "file://" + quote_from_bytes(os.fsencode(path), safe=_SAFE)


def file_url_to_path(url: str) -> Path:
    """Return the path of a file:// URL.

    Raises:
        SourceError: the URL names another machine, or no path.

    >>> str(file_url_to_path("file:///photos/red%20car.jpg"))
    '/photos/red car.jpg'
    """
    parts = urlsplit(url)
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise SourceError(
            f"{url} does not name a file of this machine; expected file:///folder/name."
        )
    path = url[len("file:") :].removeprefix("//")
    path = path[len(parts.netloc) :]
    return Path(os.fsdecode(unquote_to_bytes(path)))
