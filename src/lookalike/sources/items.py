"""What a source yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookalike.errors import LookalikeError

__all__ = ["Item", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Item:
    """One picture that can be read.

    ``uri`` names it for good: the absolute path of a file (links are not followed), or the
    picture's URL. ``url`` is what a browser opens: ``file://…`` or the URL. ``size`` is in
    bytes and ``mtime_ns`` in nanoseconds since 1970; both are None for a URL. ``metadata``
    holds the other columns of a table as JSON values.
    """

    uri: str
    url: str
    path: Path | None = None
    size: int | None = None
    mtime_ns: int | None = None
    page_url: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that should have led to a picture, and why it does not.

    ``uri`` is a path, a URL, or ``<table>:<line>`` for a row that names no picture.
    """

    uri: str
    error: LookalikeError
