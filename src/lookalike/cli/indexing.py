"""``lookalike index``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .app import open_library
from .console import clean, note, out, print_json
from .progress import shown

__all__ = ["run_index"]

_SHOWN_FAILURES = 5


def run_index(sources: list[str], library: Path | None, *, json: bool, **options: Any) -> int:
    """Add the sources, print what was done, and return the exit code."""
    with open_library(library, create=True) as opened, shown() as progress:
        report = opened.add(*sources, progress=progress, **options)
        images = len(opened)
    if json:
        print_json(report.to_dict() | {"library": str(opened.path), "images": images})
        return 1 if report.failed else 0
    out().print(clean(f"{report}: {images:,} images in {opened.path}"), soft_wrap=True)
    for failure in report.failures[:_SHOWN_FAILURES]:
        note(f"  failed: {failure.uri}: {failure.reason}")
    option = "" if library is None else f" --library {library}"
    if report.failed > _SHOWN_FAILURES:
        note(f"  and {report.failed - _SHOWN_FAILURES} more: lookalike list --failed{option}")
    if images:
        note(f"Next: lookalike search PICTURE{option}")
    return 1 if report.failed else 0
