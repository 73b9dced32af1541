"""The shares of the basic colours."""

import numpy as np
import pytest

from lookalike.images import COLOUR_NAMES, colour_shares

PAINTS = {
    "black": (10, 10, 12),
    "white": (250, 250, 250),
    "grey": (130, 130, 132),
    "red": (210, 20, 30),
    "orange": (250, 140, 20),
    "yellow": (245, 220, 30),
    "green": (40, 140, 50),
    "blue": (30, 70, 200),
    "purple": (120, 40, 170),
    "pink": (250, 160, 190),
    "brown": (110, 70, 30),
}


@pytest.mark.parametrize(("name", "paint"), PAINTS.items())
def test_a_painted_wall_has_its_colour(name: str, paint: tuple[int, int, int]) -> None:
    shares = colour_shares(np.full((60, 90, 3), paint, np.uint8))
    assert shares[COLOUR_NAMES.index(name)] == 255
    assert shares.sum() == 255


def test_the_middle_counts_for_more() -> None:
    pixels = np.full((90, 90, 3), PAINTS["blue"], np.uint8)
    pixels[30:60, 30:60] = PAINTS["red"]
    shares = colour_shares(pixels) / 255
    assert shares[COLOUR_NAMES.index("red")] > 1 / 9 + 0.03
    assert shares.sum() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (57, 3), (113, 400)])
def test_any_shape_has_colours(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), PAINTS["green"], np.uint8)
    assert colour_shares(pixels)[COLOUR_NAMES.index("green")] == 255
