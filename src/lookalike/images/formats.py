"""Which picture formats are read, and how their first bytes give them away."""

from __future__ import annotations

__all__ = ["HEAD_BYTES", "PICTURE_SUFFIXES", "describe_stranger", "looks_like_tga", "sniff"]

HEAD_BYTES = 64
"""How many first bytes ``sniff`` wants to see."""

PICTURE_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
        *(".tif", ".tiff", ".heic", ".heif", ".hif", ".avif", ".ico", ".jp2", ".j2k", ".jpf"),
        *(".jpx", ".pbm", ".pgm", ".ppm", ".pnm", ".qoi", ".tga"),
    }
)
"""File name endings, in lower case, of the formats that are read."""

_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_BMP_HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_PREFIXES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"qoif", "QOI"),
)
_STRANGERS = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture, which is not read yet"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture, which is not read yet"),
    (b"#?RADIANCE", "a Radiance HDR picture, which is not read"),
    (b"v/1\x01", "an OpenEXR picture, which is not read"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
)


def sniff(head: bytes) -> str | None:
    """Return the name of the format that a file with these first bytes has, or None.

    Needs the first ``HEAD_BYTES`` bytes, or all there are. TGA has no mark of its own and is
    never returned: see ``looks_like_tga``.

    >>> sniff(b"GIF89a...")
    'GIF'
    >>> sniff(b"<svg>") is None
    True
    """
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if len(head) > 2 and head[0] == ord("P") and head[1] in b"123456" and head[2] in b" \t\r\n#":
        return "PPM"
    return None


def _sniff_boxes(head: bytes) -> str | None:
    end = min(max(int.from_bytes(head[:4], "big"), 16), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def looks_like_tga(data: bytes) -> bool:
    """Return whether a file that nothing else claims has a plausible TGA header."""
    if len(data) < 19:
        return False
    plausible = (
        data[1] in (0, 1)
        and data[2] in (1, 2, 3, 9, 10, 11)
        and data[16] in (1, 8, 15, 16, 24, 32)
        and any(data[12:14])
        and any(data[14:16])
    )
    return plausible and (data[2] not in (1, 9) or data[1] == 1)


def describe_stranger(data: bytes) -> str:
    """Return in words what bytes seem to be that are not a picture."""
    if not data:
        return "empty"
    for prefix, words in _STRANGERS:
        if data.startswith(prefix):
            return words
    head = data[:1024]
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return "an SVG drawing, which is not read"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if b"\x00" not in head:
        try:
            head[:-4].decode("utf-8") if len(data) > 1024 else head.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 8:
                return "of no picture format that is read"
        return "text"
    return "of no picture format that is read"
