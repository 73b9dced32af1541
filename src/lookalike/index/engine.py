"""FAISS, loaded when it is first needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lookalike.errors import LibraryBrokenError

__all__ = ["load_faiss", "read_index"]


def load_faiss() -> Any:
    """Return the module: loading it takes 0.2 seconds, which small libraries are spared.

    Untyped, because the stubs that it carries do not know its keyword arguments.
    """
    import faiss

    return faiss


def read_index(path: Path, *, mapped: bool) -> Any:
    """Return an index from a file, in memory or mapped (which opens any size in no time).

    Raises:
        LibraryBrokenError: FAISS cannot read it.
    """
    faiss = load_faiss()
    try:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
    except RuntimeError as error:
        raise LibraryBrokenError(f"{path.name} cannot be read: {error}") from error
