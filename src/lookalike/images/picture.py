"""A decoded picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels: TypeAlias = npt.NDArray[np.uint8]

__all__ = ["Picture"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels, and what the file said about itself.

    ``pixels`` is uint8 of shape (rows, columns, 3), RGB, upright, possibly at a reduced scale.
    ``width`` and ``height`` are those of the full picture in pixels, upright. ``format`` is
    the file format in capitals ("JPEG", "PNG", "HEIF"; "ARRAY" for one from memory) and
    ``mode`` the colour mode of the source in Pillow's names ("RGB", "L", "CMYK", "I;16").
    """

    pixels: Pixels
    width: int
    height: int
    format: str
    mode: str

    def __repr__(self) -> str:
        rows, columns = self.pixels.shape[:2]
        scale = "" if (columns, rows) == (self.width, self.height) else f", as {columns}×{rows}"
        return f"<Picture {self.format} {self.mode} {self.width}×{self.height}{scale}>"
