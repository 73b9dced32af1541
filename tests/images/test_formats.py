"""The first bytes give a format away."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.images.formats import HEAD_BYTES, PICTURE_SUFFIXES, looks_like_tga, sniff


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM", "ICO", "QOI"]
)
def test_what_pillow_writes_is_recognised(kind: str) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(stream, kind)
    data = stream.getvalue()
    assert sniff(data[:HEAD_BYTES]) == kind
    assert not looks_like_tga(data) or kind == "ICO"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIF"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf", "AVIF"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", None),
        (b"BMW is a maker of cars and of motor cycles", None),
        (b"P1 is not a picture"[:2], None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
    ],
)
def test_look_alikes_are_told_apart(head: bytes, expected: str | None) -> None:
    assert sniff(head) == expected


def test_tga_is_recognised_by_its_header() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "TGA")
    assert sniff(stream.getvalue()[:HEAD_BYTES]) is None
    assert looks_like_tga(stream.getvalue())


def test_text_is_never_tga() -> None:
    assert not looks_like_tga(b"The quick brown fox jumps over the lazy dog")


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in PICTURE_SUFFIXES)


@given(st.binary(max_size=HEAD_BYTES))
def test_any_bytes_can_be_sniffed(head: bytes) -> None:
    assert sniff(head) is None or sniff(head).isupper()
