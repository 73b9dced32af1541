"""FAISS, loaded when it is first needed."""

from __future__ import annotations

from typing import Any

__all__ = ["load_faiss"]


def load_faiss() -> Any:
    """Return the module: loading it takes 0.2 seconds, which small libraries are spared.

    Untyped, because the stubs that it carries do not know its keyword arguments.
    """
    import faiss

    return faiss
