"""Bytes of any picture format to upright RGB pixels, safely."""

from __future__ import annotations

import re

from lookalike.errors import (
    BrokenImageError,
    ImageError,
    ImageTooLargeError,
    NotAnImageError,
    UsageError,
)

from .formats import HEAD_BYTES, describe_stranger, looks_like_tga, sniff
from .jpeg import decode_jpeg
from .limits import Limits
from .picture import Picture
from .pillow import decode_with_pillow
from .quiet import quiet_pillow

__all__ = ["decode"]

_LONGEST_REASON = 200
_FOR_PROGRAMMERS = re.compile(r"^b['\"]|invalid literal|decoder error|object at 0x|^[^ ]+\(")
_DEFAULT_LIMITS = Limits()


def decode(
    data: bytes, *, shortest_side: int | None = None, limits: Limits = _DEFAULT_LIMITS
) -> Picture:
    """Decode the bytes of a picture file: its first frame, upright, as RGB on white.

    Args:
        data: the whole file.
        shortest_side: how many pixels of the shortest side the caller needs; a larger picture
            may then come back at a reduced scale, with at least 1.25 times as many. None asks
            for every pixel.
        limits: what is refused by its declared size before it is decoded.

    Raises:
        NotAnImageError: the bytes are of no picture format that is read.
        BrokenImageError: they begin like a picture and cannot be decoded.
        ImageTooLargeError: more bytes or pixels than the limits allow, or than memory holds.
        UsageError: ``shortest_side`` is less than 1.

    >>> decode(b"P1 2 1 0 1").pixels.tolist()
    [[[255, 255, 255], [0, 0, 0]]]
    """
    if shortest_side is not None and shortest_side < 1:
        raise UsageError(f"shortest_side must be at least 1; got {shortest_side}.")
    limits.check_bytes(len(data))
    name = sniff(data[:HEAD_BYTES]) or ("TGA" if looks_like_tga(data) else None)
    if name is None:
        raise NotAnImageError(f"This is not a picture: it is {describe_stranger(data)}.")
    try:
        return _decode(data, name, shortest_side, limits)
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageTooLargeError(
            f"Decoding the {name} picture takes more memory than there is."
        ) from error
    except Exception as error:  # the one place: decoders raise every kind there is
        raise _as_image_error(error, name, limits) from error


def _decode(data: bytes, name: str, shortest_side: int | None, limits: Limits) -> Picture:
    if name == "JPEG":
        picture = decode_jpeg(data, shortest_side, limits)
        if picture is not None:
            return picture
    with quiet_pillow(limits.max_pixels):
        return decode_with_pillow(data, name, shortest_side, limits)


def _as_image_error(error: Exception, name: str, limits: Limits) -> ImageError:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError):
        return ImageTooLargeError(
            f"The {name} picture, or a part of it, declares more than the {limits.max_pixels:,} "
            "pixels allowed (setting max_pixels)."
        )
    if isinstance(error, UnidentifiedImageError):
        reason = "its header makes no sense"
    else:
        reason = " ".join(str(error).split())[:_LONGEST_REASON].rstrip(".")
        if len(reason.split()) < 2 or _FOR_PROGRAMMERS.search(reason):
            reason = "its data cannot be decoded"
    return BrokenImageError(f"The {name} picture is damaged: {reason}.")
