"""However the camera was held, the pixels come upright."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lookalike.images import decode, fit, pixels_from
from lookalike.images.jpeg_header import read_jpeg_header
from lookalike.images.orientation import exif_orientation, upright

ORIENTATIONS = range(1, 9)


def exif_block(orientation: int, order: str) -> bytes:
    mark = b"II" if order == "<" else b"MM"
    entries = [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    block = mark + struct.pack(order + "HIH", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        block += struct.pack(order + "HHI", tag, kind, count) + value
    return b"Exif\x00\x00" + block + bytes(4)


def saved(image: Image.Image, kind: str, orientation: int) -> bytes:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(stream, kind, exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_is_read_in_both_byte_orders(orientation: int, order: str) -> None:
    assert exif_orientation(exif_block(orientation, order)) == orientation


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_pixels_are_turned_as_pillow_turns_them(orientation: int) -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    assert np.array_equal(upright(pixels, orientation), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_format_comes_upright(make_scene, kind: str, orientation: int) -> None:
    data = saved(make_scene(1, (64, 40)), kind, orientation)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)).convert("RGB"))
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB")).astype(int)
    picture = decode(data)
    assert (picture.height, picture.width) == picture.pixels.shape[:2] == expected.shape[:2]
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 2


def test_a_reduced_picture_reports_its_upright_size(make_scene) -> None:
    picture = decode(saved(make_scene(1, (1200, 900)), "JPEG", 6), shortest_side=100)
    assert (picture.width, picture.height) == (900, 1200)
    assert picture.pixels.shape[0] > picture.pixels.shape[1]


def test_a_reduced_cmyk_jpeg_comes_upright(make_scene) -> None:
    data = saved(make_scene(1, (1200, 900)).convert("CMYK"), "JPEG", 6)
    full, reduced = decode(data), decode(data, shortest_side=100)
    assert (reduced.width, reduced.height) == (full.width, full.height) == (900, 1200)
    assert full.pixels.shape == (1200, 900, 3)
    difference = fit(full.pixels, 64).astype(int) - fit(reduced.pixels, 64)
    assert np.abs(difference).mean() < 2


def test_pillow_images_are_turned_too(make_scene) -> None:
    data = saved(make_scene(1, (64, 40)), "PNG", 8)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(pixels_from(image).pixels, decode(data).pixels)


@pytest.mark.parametrize("name", ["Landscape", "Portrait"])
def test_the_eight_real_orientations_are_one_picture(real_pictures: Path, name: str) -> None:
    """They differ only in the digit that each bears in its middle."""
    folder = real_pictures / "robust" / "exif_orientation"
    small = [
        fit(decode((folder / f"{name}_{number}.jpg").read_bytes(), shortest_side=224).pixels, 224)
        for number in ORIENTATIONS
    ]
    middle = np.zeros((224, 224), bool)
    middle[90:134, 90:134] = True
    for other in small[1:]:
        difference = np.abs(other.astype(int) - small[0].astype(int)).max(axis=2)
        assert difference[~middle].mean() < 3
        assert np.mean(difference[~middle] > 40) < 0.002


def test_the_first_exif_block_of_a_jpeg_counts() -> None:
    def segment(block: bytes) -> bytes:
        return b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block

    start = b"\xff\xd8" + segment(b"http://ns.adobe.com/xap/1.0/\0<x/>")
    data = start + segment(exif_block(3, ">")) + segment(exif_block(6, "<")) + b"\xff\xd9\0\0"
    assert read_jpeg_header(data).orientation == 3


@pytest.mark.parametrize(
    "block", [b"Exif\0\0II*\0\xff\xff\xff\xff", exif_block(9, "<"), exif_block(6, "<")[:-20]]
)
def test_damaged_exif_counts_as_upright(block: bytes) -> None:
    assert exif_orientation(block) == 1


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_header_reader(data: bytes) -> None:
    assert 1 <= read_jpeg_header(b"\xff\xd8" + data).orientation <= 8
    assert 1 <= exif_orientation(b"II*\0" + data) <= 8
