"""How likely each step of an augmentation is, and how far it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

__all__ = ["RECIPES", "Recipe"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How likely each step is and how far it goes, at a strength of 1.

    ``smallest_area`` and ``widest_ratio`` are those of the crop, ``largest_angle`` is in
    degrees, ``largest_shift`` a share of a side, ``colour`` a strength of ``draw_matrix``,
    ``largest_blur`` in thousandths of the side; the rest are probabilities. ``borders`` says
    whether a turned picture may show grey beside it.
    """

    smallest_area: float = 1.0
    widest_ratio: float = 1.0
    flip: float = 0.0
    rotation: float = 0.0
    largest_angle: float = 0.0
    borders: bool = False
    perspective: float = 0.0
    largest_shift: float = 0.0
    jitter: float = 0.0
    colour: float = 0.0
    greyscale: float = 0.0
    blur: float = 0.0
    largest_blur: float = 0.0
    text: float = 0.0
    picture: float = 0.0
    cutout: float = 0.0
    jpeg: float = 0.0
    worst_quality: int = 90

    def scaled(self, strength: float) -> Recipe:
        """Return the recipe with every share and amount multiplied by the strength."""
        likely = min(1.0, strength)
        return replace(
            self,
            smallest_area=max(0.08, 1.0 - (1.0 - self.smallest_area) * strength),
            widest_ratio=self.widest_ratio**strength,
            flip=self.flip * likely,
            rotation=self.rotation * likely,
            largest_angle=self.largest_angle * strength,
            borders=self.borders and strength > 0.0,
            perspective=self.perspective * likely,
            largest_shift=self.largest_shift * strength,
            jitter=self.jitter * likely,
            colour=self.colour * strength,
            greyscale=self.greyscale * likely,
            blur=self.blur * likely,
            largest_blur=self.largest_blur * strength,
            text=self.text * likely,
            picture=self.picture * likely,
            cutout=self.cutout * likely,
            jpeg=self.jpeg * likely,
            worst_quality=max(5, round(90 - (90 - self.worst_quality) * strength)),
        )


RECIPES: Mapping[str, Recipe] = {
    "category": Recipe(
        smallest_area=0.35,
        widest_ratio=1.7,
        flip=0.5,
        rotation=0.25,
        largest_angle=12.0,
        jitter=0.8,
        colour=1.0,
        greyscale=0.1,
        blur=0.1,
        largest_blur=8.0,
        cutout=0.2,
    ),
    "instance": Recipe(
        smallest_area=0.45,
        widest_ratio=1.3,
        rotation=0.4,
        largest_angle=20.0,
        perspective=0.4,
        largest_shift=0.15,
        jitter=0.8,
        colour=1.0,
        greyscale=0.05,
        blur=0.2,
        largest_blur=10.0,
        cutout=0.3,
        jpeg=0.2,
        worst_quality=40,
    ),
    "copy": Recipe(
        smallest_area=0.3,
        widest_ratio=1.5,
        flip=0.25,
        rotation=0.25,
        largest_angle=25.0,
        borders=True,
        perspective=0.1,
        largest_shift=0.1,
        jitter=0.7,
        colour=1.3,
        greyscale=0.15,
        blur=0.2,
        largest_blur=14.0,
        text=0.3,
        picture=0.3,
        cutout=0.1,
        jpeg=0.5,
        worst_quality=15,
    ),
    "none": Recipe(),
}
