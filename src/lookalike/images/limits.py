"""What a picture may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.errors import BrokenImageError, ImageTooLargeError, UsageError
from lookalike.settings import Settings

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may be; both are checked before anything is decoded.

    ``max_pixels`` counts width × height as the file declares them, ``max_bytes`` the bytes
    of the file or download.
    """

    max_pixels: int = 200_000_000
    max_bytes: int = 200_000_000

    def __post_init__(self) -> None:
        if self.max_pixels < 1 or self.max_bytes < 1:
            raise UsageError(
                f"Limits must be at least 1; got max_pixels={self.max_pixels}, "
                f"max_bytes={self.max_bytes}."
            )

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits that the settings give."""
        return cls(max_pixels=settings.max_pixels, max_bytes=settings.max_bytes)

    def check_size(self, width: int, height: int) -> None:
        """Raise ImageTooLargeError when a picture of this many pixels may not be decoded."""
        if width < 1 or height < 1:
            raise BrokenImageError(f"The picture declares a size of {width} × {height} pixels.")
        if width * height > self.max_pixels:
            raise ImageTooLargeError(
                f"The picture declares {width} × {height} pixels, more than the "
                f"{self.max_pixels:,} allowed (setting max_pixels)."
            )

    def check_bytes(self, count: int) -> None:
        """Raise ImageTooLargeError when a file of this many bytes may not be read."""
        if count > self.max_bytes:
            raise ImageTooLargeError(
                f"The file has {count:,} bytes, more than the {self.max_bytes:,} allowed "
                "(setting max_bytes)."
            )
