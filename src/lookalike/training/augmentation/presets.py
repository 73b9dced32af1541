"""Chains of steps for what a model is to overlook."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from PIL import Image

from lookalike.errors import UsageError
from lookalike.images import fit

from .colour import apply_matrix, blurred, draw_matrix, grey_matrix, through_jpeg
from .overlay import cutout, overlay_picture, overlay_text
from .recipes import RECIPES, Recipe
from .steps import View, draw_box, draw_corners, keep_inside, render

if TYPE_CHECKING:
    from lookalike.images.picture import Pixels

__all__ = ["Augmentation", "Preset", "augmentation"]

Preset: TypeAlias = Literal["category", "instance", "copy", "none"]

_VERSION = 1
_STRONGEST = 2.0


@dataclass(frozen=True, slots=True)
class Augmentation:
    """A chain of random steps from a picture of any size to the square a network takes.

    At a strength of 0, and for the preset ``"none"``, the picture is squeezed into the square
    as it is when searched for. Made by :func:`augmentation`.
    """

    preset: Preset
    strength: float
    recipe: Recipe

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change when the pictures that come out do."""
        text = repr((_VERSION, astuple(self.recipe.scaled(self.strength))))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def apply(
        self,
        pixels: Pixels,
        *,
        side: int,
        random: np.random.Generator,
        other: Pixels | None = None,
    ) -> Pixels:
        """Return the picture changed by chance.

        Args:
            pixels: uint8 of shape (rows, columns, 3), RGB; not changed.
            side: of the square in pixels.
            random: where the chances come from; the same state gives the same picture.
            other: a picture to lay upon this one or under it, where the preset does so; uint8
                of shape (any, any, 3). Soft fields of colour when None.

        Returns:
            uint8 of shape (side, side, 3), contiguous and writable.

        Raises:
            UsageError: pixels of another shape or type, or a side less than 1.
        """
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or side < 1:
            raise UsageError(
                "Expected uint8 pixels of shape (rows, columns, 3) and a side of at least 1; got "
                f"{pixels.dtype} of shape {pixels.shape} and {side}."
            )
        recipe = self.recipe.scaled(self.strength)
        if recipe == Recipe():
            return np.array(fit(pixels, side))
        image = Image.fromarray(pixels)
        fill = int(random.integers(0, 256)) if recipe.borders else 127
        image = render(image, _draw_view(image.size, recipe, random), (side, side), fill=fill)
        image = _coloured(image, recipe, random)
        if random.random() < recipe.blur:
            image = blurred(image, random.uniform(0.2, 1.0) * recipe.largest_blur * side / 1000)
        changed: Pixels = np.asarray(image)
        if random.random() < recipe.cutout:
            changed = cutout(changed, random, self.strength)
        if random.random() < recipe.text:
            changed = overlay_text(changed, random, self.strength)
        if random.random() < recipe.picture:
            changed = overlay_picture(changed, random, self.strength, other=other)
        if random.random() < recipe.jpeg:
            changed = through_jpeg(changed, int(random.integers(recipe.worst_quality, 91)))
        return changed if changed.flags.writeable else changed.copy()


def augmentation(preset: Preset, *, strength: float = 1.0) -> Augmentation:
    """Return the augmentation for what is to be told apart.

    Args:
        preset: ``"category"`` for kinds of things, ``"instance"`` for this very thing from
            another side and in other light, ``"copy"`` for edits of the same picture, and
            ``"none"`` for the picture as it is.
        strength: from 0, nothing, over 1, the usual, to 2.

    Raises:
        UsageError: no such preset, or a strength out of range.

    >>> augmentation("none").apply(np.zeros((30, 40, 3), np.uint8), side=8,
    ...                            random=np.random.default_rng(0)).shape
    (8, 8, 3)
    """
    if preset not in RECIPES:
        raise UsageError(f"preset must be one of {', '.join(get_args(Preset))}; got {preset!r}.")
    if not 0.0 <= strength <= _STRONGEST:
        raise UsageError(f"strength must be from 0 to {_STRONGEST:g}; got {strength}.")
    return Augmentation(preset, float(strength), RECIPES[preset])


def _draw_view(size: tuple[int, int], recipe: Recipe, random: np.random.Generator) -> View:
    view = draw_box(
        size, random, smallest_area=recipe.smallest_area, widest_ratio=recipe.widest_ratio
    )
    if random.random() < recipe.flip:
        view = replace(view, mirrored=True)
    if random.random() < recipe.rotation:
        view = replace(view, angle=random.uniform(-1.0, 1.0) * recipe.largest_angle)
        view = view if recipe.borders else keep_inside(view, size)
    if random.random() < recipe.perspective:
        view = replace(view, shift=draw_corners(random, recipe.largest_shift))
    return view


def _coloured(image: Image.Image, recipe: Recipe, random: np.random.Generator) -> Image.Image:
    """Change the colours by one matrix, so that jitter and greyscale cost one pass."""
    jittered, grey = random.random() < recipe.jitter, random.random() < recipe.greyscale
    if not jittered and not grey:
        return image
    matrix = draw_matrix(random, recipe.colour) if jittered else np.eye(3, 4)
    if grey:
        matrix = grey_matrix()[:, :3] @ matrix
    return apply_matrix(image, matrix)
