"""Find a small picture inside larger ones: whole vectors alone, and with vectors of parts.

    python benchmarks/parts.py [--data FOLDER] [--cache FILE]
    python benchmarks/parts.py --speed 10000

The second prints what a search with parts takes in so many pictures, whose parts are drawn at
random. In the first every small picture (caltech_half, grocery_produce, logos) is pasted into a
photograph of coco_ccby, once at a quarter and once at a ninth of its area, at a place drawn at
random; then it is searched for among all photographs with pictures of that size in them, and those
without. One half of the groups of classes chooses the parts, the other is reported. Right is the
photograph that holds the picture.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lookalike.catalog import Catalog, NewImage
from lookalike.catalog.records import StoredParts
from lookalike.encoders import load_encoder
from lookalike.images import decode
from lookalike.index import Neighbours
from lookalike.query.ranking.parts import PartRanking
from machine import describe
from picture_sets import Sample, default_root, load_set

SMALL = {"caltech_half": 100, "grocery_produce": 50, "logos": 100}
"""The sets of the small pictures, and how many of each."""
AREAS = {"1/4": 0.25, "1/9": 1 / 9}
BACKGROUNDS = "coco_ccby"

Crop = tuple[float, float, float]
"""Left, top and side of a part, in fractions of width and height."""


def grid(count: int, side: float) -> tuple[Crop, ...]:
    """Return count × count parts of this side, evenly spread."""
    places = [float(place) for place in np.linspace(0.0, 1.0 - side, count)]
    return tuple((left, top, side) for top in places for left in places)


SCHEMES: dict[str, tuple[Crop, ...]] = {
    "whole pictures alone": (),
    "2 × 2 of 1/2": grid(2, 0.5),
    "2 × 2 of 0.6": grid(2, 0.6),
    "2 × 2 of 0.6, centre": (*grid(2, 0.6), (0.2, 0.2, 0.6)),
    "3 × 3 of 1/2": grid(3, 0.5),
    "3 × 3 of 0.4": grid(3, 0.4),
    "2 × 2 of 0.6, 3 × 3 of 0.4": (*grid(2, 0.6), *grid(3, 0.4)),
    "4 × 4 of 0.4": grid(4, 0.4),
    "3 × 3 of 1/2, 4 × 4 of 0.4": (*grid(3, 0.5), *grid(4, 0.4)),
    "5 × 5 of 1/3": grid(5, 1 / 3),
}


def half_of(sample: Sample) -> int:
    """Return 0 for what chooses and 1 for what is reported, alike for a group of classes."""
    return hashlib.sha256(f"parts {sample.group}".encode()).digest()[0] % 2


def small_pictures(root: Path) -> list[Sample]:
    """Return the pictures to paste, the same in every run; of grocery_produce those of the shop."""
    chosen: list[Sample] = []
    for name, count in SMALL.items():
        samples = [one for one in load_set(name, root) if one.role in ("", "gallery")]
        order = np.random.default_rng(0).permutation(len(samples))
        chosen += [samples[place] for place in order[:count]]
    return chosen


def pasted(background: Image.Image, small: Image.Image, area: float, seed: int) -> bytes:
    """Return the JPEG file of a photograph with a picture in it, of this share of its area."""
    whole = background.copy()
    scale = np.sqrt(area * whole.width * whole.height / (small.width * small.height))
    width = min(whole.width, round(small.width * scale))
    height = min(whole.height, round(small.height * scale))
    generator = np.random.default_rng(seed)
    left = int(generator.integers(0, whole.width - width + 1))
    top = int(generator.integers(0, whole.height - height + 1))
    whole.paste(small.resize((width, height), Image.Resampling.LANCZOS), (left, top))
    stream = io.BytesIO()
    whole.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def upright(path: Path) -> Image.Image:
    """Return the pixels of a file as an image."""
    return Image.fromarray(decode(path.read_bytes()).pixels)


@dataclass(frozen=True, slots=True)
class Seen:
    """Vectors of pictures: whole ones (n, d), and of all crops of all schemes (n, c, d)."""

    whole: NDArray[np.float32]
    parts: NDArray[np.float32]


def see(pictures: Sequence[NDArray[np.uint8]], crops: Sequence[Crop]) -> Seen:
    """Encode pictures and their parts; the parts as 8-bit numbers, as a library keeps them."""
    encoder = load_encoder()
    whole, parts = [], []
    for pixels in pictures:
        rows, columns = pixels.shape[:2]
        cut = [
            pixels[
                round(top * rows) : round((top + side) * rows),
                round(left * columns) : round((left + side) * columns),
            ]
            for left, top, side in crops
        ]
        vectors = encoder.encode(np.stack([encoder.prepare(one) for one in [pixels, *cut]])).vectors
        whole.append(vectors[0])
        scales = np.abs(vectors[1:]).max(axis=1, keepdims=True) / 127
        parts.append(np.rint(vectors[1:] / scales) * scales)
    return Seen(np.array(whole, np.float32), np.array(parts, np.float32))


def best_scores(queries: NDArray[np.float32], seen: Seen, chosen: Sequence[int]) -> NDArray:
    """Return the best cosine of each query with each picture or one of its chosen parts."""
    scores = queries @ seen.whole.T
    for crop in chosen:
        scores = np.maximum(scores, queries @ seen.parts[:, crop].T)
    return scores


def main() -> None:
    """Measure all schemes, print both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, help="file to keep the vectors in (.npz)")
    parser.add_argument("--speed", type=int, metavar="N", help="time N pictures instead")
    arguments = parser.parse_args()
    if arguments.speed:
        print(describe("numpy", "sqlalchemy"))
        speed(arguments.speed)
        return
    samples = small_pictures(arguments.data)
    crops = list(dict.fromkeys(crop for scheme in SCHEMES.values() for crop in scheme))
    if arguments.cache and arguments.cache.exists():
        held = dict(np.load(arguments.cache))
    else:
        held = encoded(arguments.data, samples, crops)
        if arguments.cache:
            np.savez(arguments.cache, **held)
    halves = np.array([half_of(sample) for sample in samples])
    bare = Seen(held["bare whole"], held["bare parts"])
    print(describe("numpy", "onnxruntime"))
    print("| half | parts | vectors | area | recall@1 | recall@10 |")
    print("|---|---|---|---|---|---|")
    for half, title in enumerate(("choice", "report")):
        rows = np.flatnonzero(halves == half)
        for name, scheme in SCHEMES.items():
            chosen = [crops.index(crop) for crop in scheme]
            for area in AREAS:
                filled = Seen(held[f"{area} whole"][rows], held[f"{area} parts"][rows])
                right = best_scores(held["small"][rows], filled, chosen)
                other = best_scores(held["small"][rows], bare, chosen)
                own = np.diag(right)[:, None]
                before = (right > own).sum(axis=1) + (other > own).sum(axis=1)
                recalls = " | ".join(f"{np.mean(before < k):.3f}" for k in (1, 10))
                print(f"| {title} ({len(rows)}) | {name} | {len(scheme)} | {area} | {recalls} |")


def speed(count: int) -> None:
    """Print the seconds of a search in so many pictures with nine parts each, and their size."""
    random = np.random.default_rng(0)
    boxes = np.tile(np.array([[0, 0, 40, 40]], np.int32), (9, 1))
    query = random.normal(size=(1, 1280)).astype(np.float32)
    query /= np.linalg.norm(query)
    with tempfile.TemporaryDirectory() as folder, Catalog.open(Path(folder), create=True) as held:
        generation = held.generation("any", space="semantic", dimensions=1280, sha256="ab" * 32)
        for start in range(0, count, 1000):
            images = []
            for number in range(start, min(start + 1000, count)):
                parts = StoredParts(boxes, random.integers(-127, 128, (9, 1280), np.int8))
                key = number.to_bytes(32, "big")
                one = (f"/{number}", "", None, 1, 1, {}, key, 0, 100, 100, "PNG", query[0])
                images.append(NewImage(*one, parts=parts))
            held.apply(generation.id, store=images)
        none = Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float32))
        times = []
        for _ in range(6):  # the first one warms the memory of the system
            began = time.perf_counter()
            PartRanking(held, generation, query, whole=lambda _depth: [none]).search(10)
            times.append(time.perf_counter() - began)
        size = (Path(folder) / "catalog.sqlite").stat().st_size - count * 2 * 1280
    low, middle, high = np.quantile(times[1:], [0, 0.5, 1])
    print(f"{count:,} pictures: {middle:.2f} s ({low:.2f}-{high:.2f}) a search", end=", ")
    print(f"{size / count / 1000:.1f} kB a picture")


def encoded(root: Path, samples: Sequence[Sample], crops: Sequence[Crop]) -> dict[str, NDArray]:
    """Return all vectors by name."""
    backgrounds = [upright(path) for path in sorted((root / BACKGROUNDS).glob("*.jpg"))]
    small = [upright(sample.path) for sample in samples]
    bare = see([np.asarray(image) for image in backgrounds], crops)
    held = {
        "small": see([np.asarray(image) for image in small], ()).whole,
        "bare whole": bare.whole,
        "bare parts": bare.parts,
    }
    for area, share in AREAS.items():
        files = [
            pasted(backgrounds[number % len(backgrounds)], image, share, number)
            for number, image in enumerate(small)
        ]
        seen = see([decode(data).pixels for data in files], crops)
        held[f"{area} whole"], held[f"{area} parts"] = seen.whole, seen.parts
    return held


if __name__ == "__main__":
    main()
