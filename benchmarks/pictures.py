"""Folders of JPEGs of a given size, made from the photographs in scikit-image's wheel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["SIZES", "make_folder", "photographs"]

SIZES = {"1MP": (1155, 866), "12MP": (4000, 3000)}


def photographs() -> list[Image.Image]:
    """Return the colour photographs that scikit-image carries inside its wheel."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".png", ".jpg", ".jpeg"}:
            with Image.open(path) as image:
                if image.mode == "RGB" and min(image.size) >= 256:
                    found.append(image.copy())
    if not found:
        raise SystemExit("scikit-image carries no photographs here: pip install '.[demo]'")
    return found


def make_folder(folder: Path, count: int, size: tuple[int, int], *, quality: int = 88) -> None:
    """Write ``count`` different JPEGs of ``size``: crops of photographs, enlarged, with grain.

    The grain gives the files the weight of a camera's (about 2 bits a pixel): an enlarged
    picture alone would be decoded faster than real ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources = photographs()
    generator = np.random.default_rng(7)
    grain = generator.normal(0.0, 5.0, (size[1], size[0], 1)).astype(np.float32)
    for number in range(count):
        path = folder / f"{number:06d}.jpg"
        if path.exists():
            continue
        source = sources[number % len(sources)]
        side = generator.uniform(0.6, 1.0)
        width, height = (int(value * side) for value in source.size)
        left = int(generator.integers(0, source.width - width + 1))
        top = int(generator.integers(0, source.height - height + 1))
        image = source.resize(
            size, Image.Resampling.BICUBIC, (left, top, left + width, top + height)
        )
        pixels = np.asarray(image, dtype=np.float32) + np.roll(grain, number * 31, axis=1)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=quality)
