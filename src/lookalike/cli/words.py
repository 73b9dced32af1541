"""Say numbers as people do."""

from __future__ import annotations

__all__ = ["byte_size", "counted", "index_line", "percent"]


def byte_size(count: int) -> str:
    """Return a number of bytes in the unit that suits it.

    >>> byte_size(999), byte_size(12_345), byte_size(2_000_000_000)
    ('999 B', '12 kB', '2.0 GB')
    """
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.1f} {unit}" if unit != "B" and size < 9.95 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def percent(probability: float) -> str:
    """Return a probability in percent, never rounded up to a certainty.

    >>> percent(0.874), percent(0.9999), percent(0.001)
    ('87 %', '>99 %', '<1 %')
    """
    if probability > 0.99:
        return ">99 %" if probability < 1 else "100 %"
    if 0 < probability < 0.01:
        return "<1 %"
    return f"{100 * probability:.0f} %"


def index_line(kind: str, vectors: int, tail: int) -> str:
    """Return what an index is: its kind, its size, and what is not in it yet.

    >>> index_line("none", 0, 2_433), index_line("hnsw", 50_000, 7)
    ('none needed yet, 2,433 vectors scanned', 'hnsw, 50,000 vectors, 7 newer scanned')
    """
    if kind == "none":
        return f"none needed yet, {tail:,} vectors scanned"
    return f"{kind}, {vectors:,} vectors" + (f", {tail:,} newer scanned" if tail else "")


def counted(count: int, thing: str = "image") -> str:
    """Return a number of things.

    >>> counted(1), counted(2_000)
    ('1 image', '2,000 images')
    """
    return f"{count:,} {thing}" + ("" if count == 1 else "s")
