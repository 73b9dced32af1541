"""Every colour mode becomes RGB as docs/pictures.md says."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.images import decode, modes, pixels_from


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def first_pixel(data: bytes) -> list[int]:
    return decode(data).pixels[0, 0].tolist()


def test_a_palette_is_resolved(make_scene) -> None:
    image = make_scene(2)
    quantised = image.quantize(64)
    picture = decode(encoded(quantised))
    assert picture.mode == "P"
    assert np.array_equal(picture.pixels, np.asarray(quantised.convert("RGB")))


def test_a_transparent_palette_entry_shows_the_background() -> None:
    image = Image.new("P", (4, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    pixels = decode(encoded(image, transparency=1)).pixels[0]
    assert pixels[:2].tolist() == [[255, 0, 0], [255, 255, 255]]


def test_a_transparent_colour_of_rgb_shows_the_background() -> None:
    image = Image.new("RGB", (3, 1), (10, 20, 30))
    image.putpixel((1, 0), (200, 0, 0))
    pixels = decode(encoded(image, transparency=(10, 20, 30))).pixels[0]
    assert pixels.tolist() == [[255, 255, 255], [200, 0, 0], [255, 255, 255]]


def test_half_transparent_pixels_mix_with_white() -> None:
    image = Image.new("RGBA", (2, 2), (0, 0, 0, 128))
    assert abs(first_pixel(encoded(image))[0] - 127) <= 1


def test_grey_with_alpha_mixes_with_white() -> None:
    image = Image.new("LA", (2, 2), (0, 64))
    assert abs(first_pixel(encoded(image))[0] - 191) <= 1


def test_white_on_transparent_is_shown_on_black() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (2, 2, 6, 6))
    pixels = decode(encoded(image)).pixels
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[4, 4].tolist() == [255, 255, 255]


def test_a_picture_of_which_nothing_is_visible_is_taken_as_opaque() -> None:
    assert first_pixel(encoded(Image.new("RGBA", (2, 2), (9, 8, 7, 0)))) == [9, 8, 7]


def test_one_bit_pictures_are_black_and_white() -> None:
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert decode(encoded(image)).pixels[0].tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_taken_as_plain_ink_shares(kind: str) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    picture = decode(encoded(image, kind))
    assert picture.mode == "CMYK"
    assert np.abs(picture.pixels[0, 0].astype(int) - [0, 255, 255]).max() <= 3


def test_a_real_adobe_cmyk_jpeg_is_not_inverted(real_pictures: Path) -> None:
    name = "Channel_digital_image_CMYK_color_no_profile.jpg"
    pixels = decode((real_pictures / "robust" / "sharp" / name).read_bytes()).pixels
    sky, grass = pixels[:200].mean(), pixels[-200:].mean(axis=(0, 1))
    assert sky > 100
    assert grass[1] > grass[2]


def test_sixteen_bit_grey_keeps_its_full_range() -> None:
    values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    picture = decode(encoded(Image.fromarray(values)))
    assert picture.mode == "I;16"
    assert picture.pixels[0, :, 0].tolist() == [0, 1, 128, 255]


def test_twelve_bits_in_sixteen_are_spread_out() -> None:
    values = np.array([[0, 2048, 4095]], dtype=np.uint16)
    assert decode(encoded(Image.fromarray(values), "TIFF")).pixels[0, :, 0].tolist() == [
        0,
        128,
        255,
    ]


def test_forty_eight_bit_colour_keeps_its_high_bytes() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    row = b"\x00" + struct.pack(">3H", 65535, 32896, 257)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row))
        + chunk(b"IEND", b"")
    )
    assert first_pixel(data) == [255, 128, 1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.0, 0.5, 1.0]], [0, 128, 255]),
        ([[-10.0, 0.0, 10.0]], [0, 128, 255]),
        ([[0.0, float("nan"), 1.0]], [0, 0, 255]),
        ([[7.0, 7.0, 7.0]], [0, 0, 0]),
    ],
)
def test_floats_become_bytes(values: list[list[float]], expected: list[int]) -> None:
    image = Image.fromarray(np.array(values, dtype=np.float32))
    assert decode(encoded(image, "TIFF")).pixels[0, :, 0].tolist() == expected


def test_whole_numbers_without_a_range_go_from_darkest_to_brightest() -> None:
    image = Image.fromarray(np.array([[-100_000, 0, 100_000]], dtype=np.int32))
    assert pixels_from(image).pixels[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "LAB"])
def test_other_colour_spaces_come_back_as_rgb(mode: str, make_scene) -> None:
    from PIL import ImageCms

    image = make_scene(4)
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    else:
        converted = image.convert(mode)
    difference = pixels_from(converted).pixels.astype(int) - np.asarray(image).astype(int)
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "RGBA", "CMYK", "I;16"])
def test_bands_change_nothing(mode: str, make_scene, monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_scene(7, (331, 257))
    if mode == "I;16":
        converted = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    else:
        converted = image.convert(mode)
    data = encoded(converted, "TIFF")
    at_once = decode(data, shortest_side=40).pixels
    monkeypatch.setattr(modes, "_BAND_PIXELS", 331 * 20)
    in_bands = decode(data, shortest_side=40).pixels
    assert np.array_equal(at_once, in_bands)
    assert at_once.shape == (65, 83, 3)


def test_transparency_is_reduced_without_dark_edges() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 33, 64))
    edge = decode(encoded(image), shortest_side=8).pixels
    assert edge[..., 0].min() >= 254


def test_bmp_colours_in_unusual_bits_are_read() -> None:
    masks = (0x000003F0, 0x0000000F, 0x00FC0000)
    header = struct.pack("<2sIHHI", b"BM", 0, 0, 0, 14 + 40 + 12)
    header += struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 32, 3, 0, 0, 0, 0, 0)
    pixels = struct.pack("<2I", masks[0] | masks[1], masks[2])
    data = header + struct.pack("<3I", *masks) + pixels
    assert decode(data + bytes(8)).pixels[0].tolist() == [[255, 255, 0], [0, 0, 255]]
