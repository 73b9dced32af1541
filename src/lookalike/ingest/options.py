"""What one run of the pipeline is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AddOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """What one run of ``add`` is asked to do.

    ``refresh`` decodes and encodes everything again, ``retry_failed`` tries again what
    failed before and has not changed since, ``prune`` forgets files that are gone from the
    folders named, ``parts`` gives vectors to parts of the pictures too, and reads those again that
    have none; None does so where the catalog holds parts already. ``workers`` 0 means one for each
    processor core.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    image_column: str | None = None
    page_url_column: str | None = None
    prune: bool = False
    refresh: bool = False
    retry_failed: bool = False
    parts: bool | None = False
    workers: int = 0
