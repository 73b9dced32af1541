"""Retrieval quality of the shipped model, with the floors beside it.

    python benchmarks/quality.py [--data FOLDER]

For each set: leave-one-out recall@1 and MAP@R (grocery_produce: phone photographs against
the catalogue pictures), on the report classes, which neither the head's fit nor its choice
has seen, and on the whole set. The rows: the shipped embedding; the same network's averaged
features without the head; an 8×8 thumbnail with a colour histogram; random vectors; and what the
head gains, query by query. Intervals are bootstrapped over classes (95 %).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import load_encoder
from lookalike.evaluation import (
    Ranking,
    bootstrap_interval,
    map_at_r,
    rank_gallery,
    rank_leave_one_out,
    recall_at_k,
)
from lookalike.images import decode, fit
from machine import describe
from picture_sets import SETS, Sample, default_root, load_set, part_of

ROWS = ("shipped", "raw features", "thumbnail + histogram", "random")

Floats = NDArray[np.float32]


def main() -> None:
    """Measure and print one line for each set, part and row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--set", choices=sorted(SETS), action="append")
    arguments = parser.parse_args()
    for name in arguments.set or SETS:
        samples = load_set(name, arguments.data)
        vectors = embed([sample.path for sample in samples])
        parts = part_of(samples)
        report = np.array([parts[sample.label] == "report" for sample in samples])
        for title, mask in (("report classes", report), ("whole set", np.ones_like(report))):
            chosen = [sample for sample, keep in zip(samples, mask, strict=True) if keep]
            for row in ROWS:
                line = judge(row, figures(vectors[row][mask], chosen))
                print(f"quality {name}, {title}: {line}", flush=True)
            shipped, raw = (figures(vectors[row][mask], chosen) for row in ROWS[:2])
            gain = {name: shipped[name] - raw[name] for name in ("recall@1", "MAP@R")}
            line = judge("gain of the head", shipped | gain, sign="+")
            print(f"quality {name}, {title}: {line}", flush=True)
    print(f"quality: {describe('onnxruntime', 'numpy')}")


def figures(vectors: Floats, samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
    """Return recall@1 and MAP@R of each query (NaN: nothing to find), and its class."""
    ranking, classes = rank(vectors, samples)
    return {"recall@1": recall_at_k(ranking, 1), "MAP@R": map_at_r(ranking), "classes": classes}


def judge(row: str, values: Mapping[str, NDArray[Any]], sign: str = "") -> str:
    """Return the means of a row with their intervals, as text."""
    texts, classes = [], values["classes"]
    for metric in ("recall@1", "MAP@R"):
        found = values[metric]
        known = np.isfinite(found)
        low, high = bootstrap_interval(found[known], classes=classes[known])
        mean = found[known].mean()
        texts.append(f"{metric} {mean:{sign}.3f} [{low:{sign}.3f}, {high:{sign}.3f}]")
    return f"{row:21} {', '.join(texts)} ({len(classes)} queries, {len(set(classes))} classes)"


def rank(vectors: Floats, samples: Sequence[Sample]) -> tuple[Ranking, NDArray[np.str_]]:
    """Rank queries against a gallery where the set tells them apart, else leave one out."""
    labels = np.array([sample.label for sample in samples])
    roles = np.array([sample.role for sample in samples])
    queries, gallery = roles == "query", roles == "gallery"
    if gallery.any():
        ranking = rank_gallery(vectors[queries], labels[queries], vectors[gallery], labels[gallery])
        return ranking, labels[queries]
    return rank_leave_one_out(vectors, labels), labels


def embed(paths: Sequence[Path]) -> dict[str, Floats]:
    """Return every row's vectors of the pictures, L2-normalised, (n, d)."""
    encoder = load_encoder()
    found: dict[str, list[Floats]] = {row: [] for row in ROWS[:3]}
    for start in range(0, len(paths), 64):
        pictures = [
            decode(path.read_bytes(), shortest_side=encoder.card.decode_side).pixels
            for path in paths[start : start + 64]
        ]
        batch = np.stack([encoder.prepare(pixels) for pixels in pictures])
        found["shipped"].append(encoder.encode(batch).vectors)
        features: Callable[[NDArray[np.uint8]], Floats] = encoder.features  # type: ignore[attr-defined]
        found["raw features"].append(features(batch))
        found["thumbnail + histogram"].append(
            np.stack([thumbnail_and_histogram(pixels) for pixels in pictures])
        )
    vectors = {row: normalised(np.concatenate(parts)) for row, parts in found.items()}
    random = np.random.default_rng(3).normal(size=(len(paths), 64)).astype(np.float32)
    return vectors | {"random": normalised(random)}


def thumbnail_and_histogram(pixels: NDArray[np.uint8]) -> Floats:
    """Return the floor: a centred 8×8 thumbnail and a 4×4×4 histogram, equal in weight."""
    small = fit(pixels, 8).astype(np.float32).reshape(-1)
    small -= small.mean()
    codes = (pixels >> 6).astype(np.int64)
    codes = codes[..., 0] * 16 + codes[..., 1] * 4 + codes[..., 2]
    histogram = np.sqrt(np.bincount(codes.reshape(-1), minlength=64).astype(np.float32))
    return np.concatenate([normalised(small[None])[0], normalised(histogram[None])[0]])


def normalised(vectors: Floats) -> Floats:
    """Return the rows divided by their L2 norms."""
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return (vectors / norms).astype(np.float32)


if __name__ == "__main__":
    main()
