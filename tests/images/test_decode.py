"""Every format opens, and whatever does not open says so in one kind of error."""

from __future__ import annotations

import contextlib
import io
import struct
import threading
import warnings
import zlib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import (
    BrokenImageError,
    ImageError,
    ImageTooLargeError,
    NotAnImageError,
    UsageError,
)
from lookalike.images import Limits, decode, fit


def smooth(width: int = 96, height: int = 64) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    return Image.fromarray(
        np.dstack([columns * 255 / width, rows * 255 / height, (rows + columns) % 256]).astype(
            np.uint8
        )
    )


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in dB."""
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


LOSSLESS = ["PNG", "BMP", "TIFF", "PPM", "TGA", "QOI", "JPEG2000", "ICO"]


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_formats_give_back_the_very_pixels(kind: str) -> None:
    image = smooth()
    options = {"sizes": [image.size]} if kind == "ICO" else {}
    picture = decode(encoded(image, kind, **options))
    assert picture.format == kind
    assert (picture.width, picture.height) == image.size
    assert np.array_equal(picture.pixels, np.asarray(image))
    assert picture.pixels.dtype == np.uint8


@pytest.mark.parametrize(("kind", "least"), [("JPEG", 33), ("WEBP", 33), ("AVIF", 33), ("GIF", 25)])
def test_lossy_formats_give_back_nearly_the_pixels(kind: str, least: float) -> None:
    image = smooth()
    picture = decode(encoded(image, kind))
    assert (picture.format, picture.width, picture.height) == (kind, *image.size)
    assert similarity(picture.pixels, np.asarray(image)) > least


def test_heic_opens(real_pictures: Path) -> None:
    folder = real_pictures / "robust" / "pillow_heif" / "heif"
    picture = decode((folder / "RGB_8__128x128.heif").read_bytes())
    assert (picture.format, picture.mode, picture.pixels.shape) == ("HEIF", "RGB", (128, 128, 3))
    assert picture.pixels.std() > 20


def test_deep_grey_heic_keeps_its_range(real_pictures: Path) -> None:
    folder = real_pictures / "robust" / "pillow_heif" / "heif"
    eight = decode((folder / "L_8__128x128.heif").read_bytes()).pixels
    for name in ("L_10__128x128.heif", "L_12__128x128.heif"):
        assert similarity(decode((folder / name).read_bytes()).pixels, eight) > 40


def test_a_heic_without_a_primary_picture_shows_its_first(real_pictures: Path) -> None:
    path = real_pictures / "robust" / "pillow_heif" / "heif_other" / "invalid_id.heic"
    assert decode(path.read_bytes()).pixels.std() > 20


def test_a_heic_with_damaged_metadata_opens(real_pictures: Path) -> None:
    """One byte that is not UTF-8 in a metadata type ends the process in pi-heif's plugin."""
    folder = real_pictures / "robust" / "pillow_heif" / "heif_other"
    data = bytearray((folder / "L_xmp_latin1.heic").read_bytes())
    data[266] = 128
    assert decode(bytes(data)).pixels.shape == (16, 16, 3)


def test_a_lossless_jpeg_is_never_reduced(real_pictures: Path) -> None:
    """libjpeg-turbo would write its full size into a buffer for the reduced one."""
    data = (real_pictures / "robust" / "sharp" / "testimgl.jpg").read_bytes()
    assert decode(data, shortest_side=16).pixels.shape == (149, 227, 3)


def test_a_full_jpeg_is_what_pillow_makes_of_it(make_scene) -> None:
    data = encoded(make_scene(3), "JPEG", quality=90)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(decode(data).pixels.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    red, blue = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    data = encoded(red, kind, save_all=True, append_images=[blue], duration=100)
    assert np.abs(decode(data).pixels.mean(axis=(0, 1)) - [255, 0, 0]).max() < 4


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello, world\n" * 10, "text"),
        ("Grüße\n".encode() * 300, "text"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\x00\x01\x02\x03" * 40, "no picture format"),
        (b"P", "text"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    with pytest.raises(NotAnImageError, match=words):
        decode(data)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"])
def test_half_a_file_is_a_broken_picture(kind: str) -> None:
    data = encoded(smooth(), kind)
    with pytest.raises(BrokenImageError, match=kind):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_off_jpeg_counts_when_most_rows_are_there(make_scene, progressive: bool) -> None:
    image = make_scene(1, (320, 240))
    data = encoded(image, "JPEG", quality=90)
    whole = decode(data).pixels
    mostly = decode(data[: len(data) * 9 // 10]).pixels
    assert np.array_equal(mostly[:120], whole[:120])
    with pytest.raises(BrokenImageError, match="cut off"):
        decode(data[: len(data) // 5])


def test_a_progressive_jpeg_that_is_cut_off_is_only_less_sharp(make_scene) -> None:
    data = encoded(make_scene(1, (320, 240)), "JPEG", quality=90, progressive=True)
    cut = decode(data[: len(data) * 8 // 10]).pixels
    assert similarity(cut, decode(data).pixels) > 25


def test_a_slightly_damaged_jpeg_still_opens() -> None:
    data = encoded(smooth(), "JPEG")
    assert np.array_equal(decode(data[:-2] + b"rubbish").pixels, decode(data).pixels)


@pytest.mark.parametrize("size", [(4000, 3000), (1155, 866), (1024, 1024), (600, 900)])
def test_a_reduced_jpeg_keeps_what_the_network_sees(make_scene, size: tuple[int, int]) -> None:
    data = encoded(make_scene(5, size), "JPEG", quality=90)
    full, reduced = decode(data), decode(data, shortest_side=224)
    assert (reduced.width, reduced.height) == (full.width, full.height) == size
    assert 1.25 * 224 <= min(reduced.pixels.shape[:2]) <= 2.5 * 224
    assert similarity(fit(full.pixels, 224), fit(reduced.pixels, 224)) > 46


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_other_formats_are_reduced_too(make_scene, kind: str) -> None:
    data = encoded(make_scene(6, (1300, 1100)), kind)
    full, reduced = decode(data), decode(data, shortest_side=100)
    assert reduced.pixels.shape == (138, 163, 3)
    assert (reduced.width, reduced.height) == (1300, 1100)
    assert np.array_equal(fit(full.pixels, 100), fit(reduced.pixels, 100))


def test_a_small_picture_is_never_reduced() -> None:
    data = encoded(smooth(300, 250), "JPEG")
    assert decode(data, shortest_side=224).pixels.shape == (250, 300, 3)


def test_declared_size_is_refused_before_decoding() -> None:
    bomb = png_header(30_000, 30_000) + png_chunk(b"IDAT", b"")
    with pytest.raises(ImageTooLargeError, match="max_pixels"):
        decode(bomb)  # what begins to decode would find that the file ends


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "TGA"])
def test_the_limit_on_pixels_is_exact(kind: str) -> None:
    data = encoded(smooth(), kind)
    assert decode(data, limits=Limits(max_pixels=96 * 64)).width == 96
    with pytest.raises(ImageTooLargeError):
        decode(data, limits=Limits(max_pixels=96 * 64 - 1))


def test_a_picture_beyond_pillows_own_limit_opens_without_a_warning() -> None:
    data = encoded(Image.new("1", (10_000, 10_000)), "TIFF", compression="group4")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = decode(data, shortest_side=64)
    assert picture.pixels.shape == (157, 157, 3)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(ImageTooLargeError, match="max_bytes"):
        decode(encoded(smooth(), "BMP"), limits=Limits(max_bytes=1000))


def test_a_jpeg_of_a_thousand_scans_is_refused() -> None:
    data = encoded(smooth(), "JPEG", progressive=True)
    scan = data[data.rfind(b"\xff\xda") : -2]
    with pytest.raises(BrokenImageError, match="scans"):
        decode(data[:-2] + scan * 1000 + b"\xff\xd9")


def test_a_swollen_text_chunk_is_refused_quickly() -> None:
    packed = png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(50 << 20)))
    good = encoded(smooth(), "PNG")
    with pytest.raises(BrokenImageError):
        decode(good[:33] + packed + good[33:])


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (MemoryError(), ImageTooLargeError),
        (RecursionError("deep"), BrokenImageError),
        (KeyError("mode"), BrokenImageError),
        (struct.error("short"), BrokenImageError),
        (ZeroDivisionError("division by zero"), BrokenImageError),
        (SyntaxError("not a PNG file"), BrokenImageError),
    ],
)
def test_whatever_a_decoder_raises_is_an_image_error(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: type[ImageError]
) -> None:
    def fail(*_: object) -> None:
        raise raised

    module = import_module("lookalike.images.decode")  # the package shows the function instead
    monkeypatch.setattr(module, "decode_with_pillow", fail)
    with pytest.raises(expected) as caught:
        decode(encoded(smooth(), "PNG"))
    assert caught.value.__cause__ is raised


@settings(max_examples=150)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF", "ICO"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    length=st.floats(0, 1),
)
def test_a_damaged_file_opens_or_is_refused(
    kind: str, changes: list[tuple[float, int]], length: float
) -> None:
    data = bytearray(encoded(smooth(32, 24), kind))
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    cut = bytes(data[: max(1, int(length * len(data)))])
    try:
        picture = decode(cut, shortest_side=8, limits=Limits(max_pixels=1_000_000))
    except ImageError as error:
        assert str(error).endswith(".")
    else:
        assert picture.pixels.ndim == 3
        assert picture.width >= picture.pixels.shape[1]


@given(st.binary(max_size=200))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(ImageError):
        decode(data, limits=Limits(max_pixels=1_000_000))


def test_pillows_settings_are_left_as_they_were() -> None:
    before = (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    data = encoded(smooth(), "PNG")
    threads = [threading.Thread(target=lambda: [decode(data) for _ in range(20)]) for _ in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(BrokenImageError):
        decode(data[:60])
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(UsageError, match="shortest_side"):
        decode(b"", shortest_side=0)
    with pytest.raises(UsageError, match="max_pixels=0"):
        Limits(max_pixels=0)
