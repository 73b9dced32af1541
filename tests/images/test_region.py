"""Regions of pictures: what is read, what is refused, and which pixels come out."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import UsageError
from lookalike.images import Picture, decode
from lookalike.images.region import Region, cut, read_region, side_for


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("40,30,200,150", (40, 30, 200, 150)),
        (" 0 , 0,400,300", (0, 0, 400, 300)),
        ("0.1,0.2,0.5,0.25", (40, 60, 200, 75)),
        ("0,0,1,0.5", (0, 0, 400, 150)),
        ("0.1,0.1,0.9,0.9", (40, 30, 360, 270)),
        ("10%,20%,50%,25%", (40, 60, 200, 75)),
        ("0%,0%,100%,100%", (0, 0, 400, 300)),
    ],
)
def test_a_region_is_read_in_pixels_fractions_or_percentages(
    text: str, box: tuple[int, int, int, int]
) -> None:
    assert read_region(text).box(400, 300) == box


def test_whole_numbers_are_pixels_and_others_fractions() -> None:
    assert Region.of((1, 1, 9, 9)).box(10, 10) == (1, 1, 9, 9)
    assert Region.of([np.int64(1), 1, 9, 9]).box(10, 10) == (1, 1, 9, 9)
    assert Region.of((0, 0, 1.0, 1)).box(10, 20) == (0, 0, 10, 20)
    region = Region.of((0, 0, 9, 9))
    assert Region.of(region) is region


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1,2,3",
            "1,2,3,4,5",
            "a,b,c,d",
            "1,2,3,",
            "0.5,2,3,4",
            "-0.1,0,1,1",
            "10.0,10,20,20",
        ),
        *("nan,0,1,1", "0,0,inf,1", "10%,20%,50%,25", "0,0,150%,10%", "1" * 5000 + ",0,9,9"),
        *("10.0,10,20,20", "99999999999999,0,9,9"),
    ],
)
def test_what_is_no_region_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="A region is x,y,width,height"):
        read_region(text)


@pytest.mark.parametrize("values", ["1234", (1, 2, 3), (1, 2, 3, "4"), (True, 0, 9, 9), 7, None])
def test_four_numbers_are_needed(values: object) -> None:
    with pytest.raises(UsageError, match="A region is x,y,width,height"):
        Region.of(values)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["300,0,101,50", "-1,0,50,50", "0,291,50,10", "0.5,0,0.6,1"])
def test_a_region_outside_of_the_picture_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="outside the picture, which is 400 × 300 pixels"):
        read_region(text).box(400, 300)


@pytest.mark.parametrize("text", ["0,0,0,50", "0,0,7,50", "9,9,50,-5", "0.5,0.5,0.01,0.5"])
def test_an_empty_or_tiny_region_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="it needs 8 on each side"):
        read_region(text).box(400, 300)


@given(st.data())
def test_the_pixels_of_a_whole_picture_are_those_of_the_box(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(8, 40)), data.draw(st.integers(8, 40))
    wide, high = data.draw(st.integers(8, width)), data.draw(st.integers(8, height))
    left = data.draw(st.integers(0, width - wide))
    top = data.draw(st.integers(0, height - high))
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    box = Region.of((left, top, wide, high)).box(width, height)
    part = cut(Picture(pixels, width, height, "PNG", "RGB"), box)
    np.testing.assert_array_equal(part.pixels, pixels[top : top + high, left : left + wide])
    assert (part.width, part.height) == (wide, high)


@pytest.mark.parametrize("box", [(0, 0, 200, 200), (1000, 700, 600, 500), (3, 801, 1597, 399)])
def test_a_part_of_a_reduced_picture_has_the_pixels_it_needs(
    box: tuple[int, int, int, int],
) -> None:
    rows, columns = np.mgrid[0:1200, 0:1600]
    pixels = np.stack([columns * 255 // 1599, rows * 255 // 1199, rows * 0], axis=2)
    stream = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "JPEG", quality=95)
    picture = decode(stream.getvalue(), shortest_side=side_for(box, 1600, 1200, 100))
    part = cut(picture, box)
    assert min(part.pixels.shape[:2]) >= 100
    left, top, width, height = box
    seen = part.pixels.reshape(-1, 3).mean(axis=0)
    wanted = pixels[top : top + height, left : left + width].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(seen, wanted, atol=2)
