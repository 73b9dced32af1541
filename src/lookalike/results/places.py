"""Where a picture is, from its uri: a path of this machine, or something remote."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from lookalike.errors import SourceError

__all__ = ["file_url_to_path", "shown", "uri_to_path"]

_ESCAPED_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


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


def shown(text: str) -> str:
    r"""Return a text in which characters that steer a terminal are written out.

    >>> shown("red\x1b[2Jcar.jpg")
    'red\\x1b[2Jcar.jpg'
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
