"""What the head of a JPEG file says, read without decoding anything."""

from __future__ import annotations

from dataclasses import dataclass

from .orientation import exif_orientation

__all__ = ["JpegHeader", "read_jpeg_header"]

_START_OF_SCAN = 0xDA
_END = 0xD9
_EXIF_SEGMENT = 0xE1
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_COSINE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Orientation 1 to 8, and of what kind the picture is.

    ``progressive`` pictures are sent in many scans. Only ``scalable`` ones, made of cosine
    transforms, can be decoded at a reduced scale: lossless ones cannot.
    """

    orientation: int = 1
    progressive: bool = False
    scalable: bool = False


def read_jpeg_header(data: bytes) -> JpegHeader:
    """Walk over the segments before the first scan.

    Damage ends the walk and what was found until then counts: the decoder is the judge of
    the rest.

    >>> read_jpeg_header(b"not a JPEG")
    JpegHeader(orientation=1, progressive=False, scalable=False)
    """
    orientation: int | None = None
    progressive = scalable = False
    position = 2
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 4 > len(data):
            break
        marker = data[position + 1]
        if marker == 0xFF or marker in _ALONE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in (_START_OF_SCAN, _END):
            break
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in _FRAMES:
            progressive = marker in _PROGRESSIVE
            scalable = marker in _COSINE
        elif marker == _EXIF_SEGMENT and orientation is None:
            segment = data[position + 4 : position + 2 + length]
            if segment.startswith(b"Exif\x00\x00"):
                orientation = exif_orientation(segment)
        position += 2 + length
    return JpegHeader(orientation or 1, progressive, scalable)
