"""Pillow without its process-wide warnings and limits, which are not ours to change."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_pillow"]

_lock = threading.Lock()
_limits: list[int] = []
_saved: list[tuple[warnings.catch_warnings[None], int | None]] = []


@contextmanager
def quiet_pillow(max_pixels: int) -> Iterator[None]:
    """Silence warnings and set Pillow's bomb limit while any thread is inside.

    Both live in module globals, so the first thread to enter saves them and the last one to
    leave puts them back. Pillow warns of what exceeds its limit and refuses what is more than
    twice that, in frames and tiles too; so the limit is half the largest ``max_pixels`` of the
    threads inside.
    """
    from PIL import Image

    with _lock:
        if not _limits:
            catcher: warnings.catch_warnings[None] = warnings.catch_warnings(record=False)
            catcher.__enter__()
            warnings.simplefilter("ignore")
            _saved.append((catcher, Image.MAX_IMAGE_PIXELS))
        _limits.append(max_pixels)
        Image.MAX_IMAGE_PIXELS = (max(_limits) + 1) // 2
    try:
        yield
    finally:
        with _lock:
            _limits.remove(max_pixels)
            if _limits:
                Image.MAX_IMAGE_PIXELS = (max(_limits) + 1) // 2
            else:
                catcher, Image.MAX_IMAGE_PIXELS = _saved.pop()
                catcher.__exit__(None, None, None)
