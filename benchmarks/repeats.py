"""Which two pictures are one and the same: what folding repeats in a search finds and mistakes.

    python benchmarks/repeats.py [--data FOLDER] [--cache FOLDER]

Every set is cut in two halves by groups of classes: one chooses the bounds, the other is only
reported. Right pairs are a picture and an edited copy of it, written to a file and read again.
Wrong pairs are any two pictures of one set and half, but for those whose pixels tell that they are
copies too: at 64 × 64 they differ by no more than 5 of 255 (root of the mean square).
"""

from __future__ import annotations

import argparse
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from lookalike.encoders import load_encoder
from lookalike.images import content_hash, decode, fit, perceptual_hash
from lookalike.query.ranking.folding import same_picture
from machine import describe
from picture_sets import Sample, default_root, load_set

EDITED = 120
"""How many pictures of each set are edited."""

Edit = Callable[[Image.Image], tuple[Image.Image, str, dict[str, int]]]


def scaled(share: float) -> Edit:
    """Return an edit to another size, saved as JPEG."""

    def edit(image: Image.Image) -> tuple[Image.Image, str, dict[str, int]]:
        size = tuple(max(1, round(share * side)) for side in image.size)
        return image.resize((size[0], size[1]), Image.Resampling.BICUBIC), "JPEG", {"quality": 90}

    return edit


def saved(kind: str, quality: int | None = None) -> Edit:
    """Return an edit that only saves the picture in a format."""
    options = {} if quality is None else {"quality": quality}
    return lambda image: (image, kind, options)


def changed(change: Callable[[Image.Image], Image.Image]) -> Edit:
    """Return an edit of the pixels, saved as JPEG."""
    return lambda image: (change(image), "JPEG", {"quality": 90})


def cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    """Return a change that leaves out this share of each edge."""

    def crop(image: Image.Image) -> Image.Image:
        across, down = round(share * image.width), round(share * image.height)
        return image.crop((across, down, image.width - across, image.height - down))

    return crop


def signed(image: Image.Image) -> Image.Image:
    """Write a small mark into the lower right corner."""
    image = image.copy()
    place = (round(0.7 * image.width), round(0.88 * image.height))
    ImageDraw.Draw(image).text(place, "(c) me", fill="white", stroke_width=1, stroke_fill="black")
    return image


EDITS: dict[str, Edit] = {
    "PNG": saved("PNG"),
    "WebP 80": saved("WEBP", 80),
    "JPEG 75": saved("JPEG", 75),
    "JPEG 40": saved("JPEG", 40),
    "half size": scaled(0.5),
    "twice the size": scaled(2.0),
    "brighter": changed(lambda image: ImageEnhance.Brightness(image).enhance(1.15)),
    "more contrast": changed(lambda image: ImageEnhance.Contrast(image).enhance(1.2)),
    "more colour": changed(lambda image: ImageEnhance.Color(image).enhance(1.3)),
    "sharpened": changed(lambda image: ImageEnhance.Sharpness(image).enhance(2.0)),
    "blurred": changed(lambda image: image.filter(ImageFilter.GaussianBlur(1.0))),
    "small mark": changed(signed),
    "edge cut by 2 %": changed(cropped(0.02)),
    "edge cut by 5 %": changed(cropped(0.05)),
    "grey": changed(lambda image: ImageOps.grayscale(image).convert("RGB")),
    "mirrored": changed(ImageOps.mirror),
}
"""Edits by name. The last two need not be folded: they show what the bounds do with them."""

NOT_COUNTED = ("grey", "mirrored")

KINDS = {
    "photographs": ("caltech_half", "clothing", "grocery_produce"),
    "drawings": ("emoji", "logos", "game_units"),
}

RULES = (
    (0.05, 0.20),
    (0.05, 0.25),
    (0.05, 0.30),
    (0.05, 0.35),
    (0.05, 0.40),
    (0.025, 0.30),
    (0.1, 0.30),
)
"""Bounds that are compared: the weight of a bit, and the largest distance."""

SAME_PIXELS = 5.0


@dataclass(frozen=True, slots=True)
class Looks:
    """What a catalog knows of pictures: hashes (n,), vectors (n, d), digests of the files."""

    hashes: NDArray[np.uint64]
    vectors: NDArray[np.float32]
    contents: NDArray[np.str_]


def look(files: Sequence[bytes]) -> Looks:
    """Return what indexing would store."""
    encoder = load_encoder()
    hashes, vectors = [], []
    for start in range(0, len(files), 64):
        pictures = [
            decode(data, shortest_side=encoder.card.decode_side).pixels
            for data in files[start : start + 64]
        ]
        hashes += [perceptual_hash(pixels) for pixels in pictures]
        batch = np.stack([encoder.prepare(pixels) for pixels in pictures])
        vectors.append(encoder.encode(batch).vectors.astype(np.float16))
    return Looks(
        np.array(hashes, np.int64).view(np.uint64),
        np.concatenate(vectors).astype(np.float32),
        np.array([content_hash(data).hex() for data in files]),
    )


def edited(path: Path, edit: Edit) -> bytes:
    """Return the file of an edited copy."""
    image = Image.fromarray(decode(path.read_bytes()).pixels)
    image, kind, options = edit(image)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def half_of(sample: Sample) -> int:
    """Return 0 for what chooses and 1 for what is reported, alike for a group of classes."""
    return hashlib.sha256(f"half {sample.group}".encode()).digest()[0] % 2


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs: differing bits (n,), cosines (n,), and for right ones the edit."""

    bits: NDArray[np.int64]
    cosines: NDArray[np.float64]
    names: NDArray[np.str_]


def right_pairs(first: Looks, copies: dict[str, Looks]) -> Pairs:
    """Return each picture with each of its copies."""
    bits, cosines, names = [], [], []
    for name, others in copies.items():
        bits.append(np.bitwise_count(first.hashes ^ others.hashes).astype(np.int64))
        cosines.append((first.vectors * others.vectors).sum(axis=1).astype(np.float64))
        names.append(np.full(len(first.hashes), name))
    return Pairs(np.concatenate(bits), np.concatenate(cosines), np.concatenate(names))


def wrong_pairs(looks: Looks, paths: Sequence[Path]) -> Pairs:
    """Return the pairs of different pictures that come near enough to matter, each once."""
    rows, columns = np.triu_indices(len(paths), 1)
    bits = np.bitwise_count(looks.hashes[rows] ^ looks.hashes[columns]).astype(np.int64)
    cosines = (looks.vectors @ looks.vectors.T)[rows, columns].astype(np.float64)
    near = (bits <= 12) & (cosines >= 0.6) & (looks.contents[rows] != looks.contents[columns])
    rows, columns = rows[near], columns[near]
    small = {
        place: fit(decode(paths[place].read_bytes()).pixels, 64).astype(np.float64)
        for place in np.union1d(rows, columns).tolist()
    }
    gaps = [
        np.sqrt(np.mean((small[row] - small[column]) ** 2))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    differ = np.array(gaps) > SAME_PIXELS
    return Pairs(bits[near][differ], cosines[near][differ], np.full(int(differ.sum()), "wrong"))


def main() -> None:
    """Measure the sets, print both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, help="folder to keep hashes and vectors in")
    arguments = parser.parse_args()
    for kind, names in KINDS.items():
        right: tuple[list[Pairs], list[Pairs]] = [], []
        wrong: tuple[list[Pairs], list[Pairs]] = [], []
        for name in names:
            samples = load_set(name, arguments.data)
            looks, chosen, copies = measured(name, samples, arguments.cache)
            halves = np.array([half_of(sample) for sample in samples])
            for half in (0, 1):
                part = halves[chosen] == half
                own = {edit: only(one, part) for edit, one in copies.items()}
                right[half].append(right_pairs(only(looks, chosen[part]), own))
                here = np.flatnonzero(halves == half)
                paths = [samples[place].path for place in here]
                wrong[half].append(wrong_pairs(only(looks, here), paths))
        for half, title in ((0, "half that chooses"), (1, "half that is reported")):
            report(f"{kind}, {title}", joined(right[half]), joined(wrong[half]))
    print(f"repeats: {describe('onnxruntime', 'numpy', 'pillow')}")


def report(title: str, right: Pairs, wrong: Pairs) -> None:
    """Print recall and precision over bounds, and what the bounds in use do with each edit."""
    counted = ~np.isin(right.names, NOT_COUNTED)
    print(f"repeats {title}: {int(counted.sum())} right pairs")
    for a_bit, farthest in RULES:
        found = passing(right, a_bit, farthest)
        true, false = int((found & counted).sum()), int(passing(wrong, a_bit, farthest).sum())
        print(
            f"  {a_bit:.3f} * bits + 1 - cosine <= {farthest:.2f}: recall "
            f"{true / int(counted.sum()):.3f}, precision {true / max(1, true + false):.4f}, "
            f"{false} wrong pairs"
        )
    rule = np.array(
        [same_picture(*pair) for pair in zip(right.bits.tolist(), right.cosines, strict=True)]
    )
    shares = [f"{edit} {rule[right.names == edit].mean():.2f}" for edit in EDITS]
    print(f"  folded by the bounds in use: {', '.join(shares)}")


def joined(pairs: Sequence[Pairs]) -> Pairs:
    """Return the pairs of several sets."""
    return Pairs(
        np.concatenate([one.bits for one in pairs]),
        np.concatenate([one.cosines for one in pairs]),
        np.concatenate([one.names for one in pairs]),
    )


def passing(pairs: Pairs, a_bit: float, farthest: float) -> NDArray[np.bool_]:
    """Tell which pairs lie within the bounds."""
    near: NDArray[np.bool_] = a_bit * pairs.bits + 1.0 - pairs.cosines <= farthest + 1e-6
    return near


def only(looks: Looks, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Looks:
    """Return some of the pictures."""
    return Looks(looks.hashes[rows], looks.vectors[rows], looks.contents[rows])


def measured(
    name: str, samples: Sequence[Sample], cache: Path | None
) -> tuple[Looks, NDArray[np.int64], dict[str, Looks]]:
    """Return the looks of a set, the places of the edited ones, and the looks of each edit."""
    chosen = np.random.default_rng(0).permutation(len(samples))[:EDITED]
    looks = cached(cache, name, lambda: [sample.path.read_bytes() for sample in samples])
    copies = {
        edit: cached(
            cache,
            f"{name} {edit}",
            lambda change=change: [edited(samples[place].path, change) for place in chosen],
        )
        for edit, change in EDITS.items()
    }
    return looks, chosen, copies


def cached(cache: Path | None, name: str, files: Callable[[], list[bytes]]) -> Looks:
    """Return the looks of files, kept in a folder if there is one."""
    path = None if cache is None else cache / f"{name}.npz"
    if path is not None and path.exists():
        with np.load(path) as kept:
            return Looks(kept["hashes"], kept["vectors"], kept["contents"])
    looks = look(files())
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, hashes=looks.hashes, vectors=looks.vectors, contents=looks.contents)
    return looks


if __name__ == "__main__":
    main()
