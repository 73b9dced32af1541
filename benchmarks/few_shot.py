"""Names taught by 1, 5 and 20 examples: how many pictures get the right one, and what is unknown.

    python benchmarks/few_shot.py [--data FOLDER] [--part report] [--draws 10] [--keep FOLDER]

In each draw half of the classes of the part are taught, with so many examples each (fewer where a
class has less than five pictures more than that); all other pictures of these classes are asked,
and as many of each class that was not taught. The rows: the cosine to the class means of the
network's averaged features (the floor), then on the library's vectors prototypes, nearest
neighbours, the linear classifier, and the one of them that cross-validation chooses. Accuracy is
over pictures of taught classes, without "unknown" as an answer; AUROC tells taught from not
taught; "kept" is the share of pictures of taught classes that are not called unknown, "found"
that of other pictures that are. ECE is of the best name's probability, on all that is asked.
"gained" is the accuracy of what was chosen less that of another row, draw by draw. Intervals are
bootstrapped over draws (95 %): they say what the draw matters, not what other collections would.
The defaults were chosen on the other parts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import load_encoder
from lookalike.evaluation import auroc, bootstrap_interval, expected_calibration_error
from lookalike.images import decode
from lookalike.recognition.examples import Examples
from lookalike.recognition.fitting import fit_names
from machine import describe
from picture_sets import PARTS, Sample, default_root, load_set, part_of
from quality import normalised

SETS = ("grocery_produce", "clothing", "omniglot")
SHOTS = (1, 5, 20)
KINDS: dict[str, str | None] = {
    "prototypes": "prototypes",
    "neighbours": "neighbours",
    "linear": "linear",
    "chosen": None,
}
METRICS = ("accuracy", "AUROC", "kept", "found", "ECE")
_ASKED = 20

Floats = NDArray[np.float32]


def main() -> None:
    """Measure and print one line for each set, number of examples and row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--set", choices=SETS, action="append")
    parser.add_argument("--part", choices=PARTS, default="report")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="folder that keeps the vectors between runs")
    arguments = parser.parse_args()
    for name in arguments.set or SETS:
        samples = load_set(name, arguments.data)
        vectors, features = embedded(name, samples, arguments.keep)
        parts = part_of(samples)
        keep = np.array([parts[sample.label] == arguments.part for sample in samples])
        labels = np.array([sample.label for sample in samples])[keep]
        for shots in SHOTS:
            report(name, vectors[keep], features[keep], labels, shots, arguments.draws)
    print(f"few_shot: part {arguments.part}, {describe('onnxruntime', 'numpy')}")


def report(
    name: str, vectors: Floats, features: Floats, labels: NDArray[np.str_], shots: int, draws: int
) -> None:
    """Print the rows of one set and number of examples."""
    rows: dict[str, list[tuple[float, ...]]] = {}
    chosen: list[str] = []
    taught = 0
    for draw in range(draws):
        known, asked, strange = drawn(labels, shots, np.random.default_rng(draw))
        taught = len(np.unique(labels[known]))
        floor = centroids(features, labels, known, asked, strange)
        rows.setdefault("raw features", []).append(floor)
        for row, kind in KINDS.items():
            model = fit_names(Examples.of(vectors[known], labels[known].tolist()), kind=kind)
            if kind is None:
                chosen.append(model.kind)
            right, missing = model.probabilities(vectors[np.concatenate([asked, strange])])
            rows.setdefault(row, []).append(
                judged(right, missing, np.array(model.names), labels[asked])
            )
    for row, values in rows.items():
        texts = []
        for metric, column in zip(METRICS, np.array(values).T, strict=True):
            if np.isfinite(column).all():
                low, high = bootstrap_interval(column)
                texts.append(
                    f"{metric} {100 * column.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"
                )
        counts = {kind: chosen.count(kind) for kind in sorted(set(chosen))}
        more = f" {counts}" if row == "chosen" else ""
        print(f"{name}, {taught} names × {shots}: {row:12} {', '.join(texts)}{more}", flush=True)
    for row in ("raw features", "prototypes"):
        gained = np.array(rows["chosen"])[:, :2] - np.array(rows[row])[:, :2]
        texts = []
        for metric, column in zip(METRICS, gained.T, strict=False):
            low, high = bootstrap_interval(column)
            texts.append(
                f"{metric} {100 * column.mean():+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"
            )
        print(f"{name}, {taught} names × {shots}: gained on {row}: {', '.join(texts)}", flush=True)


def drawn(
    labels: NDArray[np.str_], shots: int, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the examples, of what is asked, and of what is of no taught class."""
    classes = random.permutation(np.unique(labels))
    half = (len(classes) + 1) // 2
    known, asked, strange = [], [], []
    for place, label in enumerate(classes):
        rows = random.permutation(np.flatnonzero(labels == label))
        if place >= half:
            strange.append(rows[:_ASKED])
            continue
        count = min(shots, len(rows) - 5)
        known.append(rows[:count])
        asked.append(rows[count:][:_ASKED])
    return np.concatenate(known), np.concatenate(asked), np.concatenate(strange)


def judged(
    probabilities: NDArray[np.floating],
    unknown: NDArray[np.floating],
    names: NDArray[np.str_],
    truth: NDArray[np.str_],
) -> tuple[float, ...]:
    """Return the metrics, where the first rows are of taught classes and the others are not."""
    count = len(truth)
    best = names[probabilities.argmax(axis=1)]
    right = np.zeros(len(unknown), dtype=bool)
    right[:count] = best[:count] == truth
    return (
        float(right[:count].mean()),
        float(auroc(1.0 - unknown, np.arange(len(unknown)) < count)),
        float((unknown[:count] < 0.5).mean()),
        float((unknown[count:] >= 0.5).mean()),
        expected_calibration_error(np.minimum(probabilities.max(axis=1), 1.0), right),
    )


def centroids(
    features: Floats,
    labels: NDArray[np.str_],
    known: NDArray[np.int64],
    asked: NDArray[np.int64],
    strange: NDArray[np.int64],
) -> tuple[float, ...]:
    """Return the metrics of the nearest class mean of the raw features, which has no threshold."""
    names = np.unique(labels[known])
    means = np.stack([features[known][labels[known] == name].mean(axis=0) for name in names])
    cosines = features[np.concatenate([asked, strange])] @ normalised(means).T
    right = names[cosines.argmax(axis=1)][: len(asked)] == labels[asked]
    ranked = auroc(cosines.max(axis=1), np.arange(len(cosines)) < len(asked))
    return float(right.mean()), float(ranked), np.nan, np.nan, np.nan


def embedded(name: str, samples: Sequence[Sample], keep: Path | None) -> tuple[Floats, Floats]:
    """Return the vectors, as a library stores them, and the raw features, both normalised."""
    encoder = load_encoder()
    path = None if keep is None else keep / f"few-shot-{name}-{encoder.card.sha256[:16]}.npz"
    if path is not None and path.is_file():
        with np.load(path) as stored:
            return stored["vectors"].astype(np.float32), stored["features"].astype(np.float32)
    vectors, features = [], []
    for start in range(0, len(samples), 64):
        pixels = [
            encoder.prepare(
                decode(sample.path.read_bytes(), shortest_side=encoder.card.decode_side).pixels
            )
            for sample in samples[start : start + 64]
        ]
        batch = np.stack(pixels)
        vectors.append(encoder.encode(batch).vectors)
        features.append(encoder.features(batch))  # type: ignore[attr-defined]
    found = np.concatenate(vectors).astype(np.float16)
    raw = normalised(np.concatenate(features)).astype(np.float16)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, vectors=found, features=raw)
    return found.astype(np.float32), raw.astype(np.float32)


if __name__ == "__main__":
    main()
