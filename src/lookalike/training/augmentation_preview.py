"""A sheet of pictures beside their augmented views, to look at before anything is trained."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lookalike.errors import UsageError

from .data import DataSet
from .features import pixels_of, view_of
from .recipe import Recipe

__all__ = ["preview_augmentation"]

_GAP = 6
_SIDE = 160


def preview_augmentation(
    data: DataSet, recipe: Recipe, *, pictures: int = 6, views: int = 6
) -> Image.Image:
    """Draw pictures of a data set, a row for each: as it is, and then as training may see it.

    The pictures are an even share of the data set; the same seed gives the same sheet.

    Args:
        data: the pictures.
        recipe: its augmentation, strength, greyscale and seed are taken.
        pictures: the most rows, from 1 on.
        views: augmented views of each, from 1 on.

    Raises:
        TrainingDataError: a picture cannot be read any more.
        UsageError: no row or no view was asked for, or there is no picture.
    """
    if pictures < 1 or views < 1 or not len(data):
        raise UsageError("A preview needs at least one picture and one view.")
    count = min(pictures, len(data))
    places = np.linspace(0, len(data) - 1, count).round().astype(int)
    step = _SIDE + _GAP
    sheet = Image.new("RGB", (step * (views + 1) + 2 * _GAP, step * count + _GAP), "white")
    for row, place in enumerate(places.tolist()):
        path = data.samples[place].path
        shown = [pixels_of(path, _SIDE)]
        shown += [
            view_of(
                path,
                _SIDE,
                preset=recipe.augmentation,
                strength=recipe.strength,
                seed=(recipe.seed, 0, place, view),
            )
            for view in range(views)
        ]
        for column, pixels in enumerate(shown):
            image = Image.fromarray(pixels)
            if recipe.greyscale:
                image = image.convert("L")  # the weights of ITU-R BT.601, as in the network
            left = _GAP + step * column + (_GAP if column else 0)
            sheet.paste(image, (left, _GAP + step * row))
    return sheet
