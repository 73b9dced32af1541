"""Pictures of a data set as pixels, for those who only measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import TrainingDataError
from lookalike.images import decode

__all__ = ["decoded"]


def decoded(path: Path, shortest_side: int) -> NDArray[np.uint8]:
    """Return a picture with about so many pixels on its shortest side, or as it is if smaller.

    Raises:
        TrainingDataError: it cannot be read; it was when the data set was.
    """
    try:
        pixels: NDArray[np.uint8] = decode(path.read_bytes(), shortest_side=shortest_side).pixels
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"{path} cannot be read any more: {error}") from error
    return pixels
