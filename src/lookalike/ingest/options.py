"""What one run of the pipeline is asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lookalike.errors import UsageError

__all__ = ["AddOptions", "check_workers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """What one run of ``add`` is asked to do.

    ``refresh`` decodes and encodes everything again, ``retry_failed`` tries again what
    failed before and has not changed since, ``prune`` forgets files that are gone from the
    folders named, ``parts`` gives vectors to parts of the pictures too, and reads those again that
    have none; None does so where the catalog holds parts already. ``workers`` None means one
    for each processor core.

    Raises:
        UsageError: ``workers`` is no whole number of 1 or more.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    image_column: str | None = None
    page_url_column: str | None = None
    prune: bool = False
    refresh: bool = False
    retry_failed: bool = False
    parts: bool | None = False
    workers: int | None = None

    def __post_init__(self) -> None:
        check_workers(self.workers)


def check_workers(workers: int | None) -> None:
    """Refuse a number of processes that makes no sense.

    Raises:
        UsageError: it is no whole number of 1 or more, nor None.
    """
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise UsageError(f"workers is {workers!r}; expected a whole number, 1 or more.")
