"""Undo the retrieval head and apply the classifier, so that stored vectors give class logits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from lookalike.encoders import load_encoder
from lookalike.encoders.texts.bridge import TextBridge
from lookalike.errors import ImageError
from lookalike.images import decode
from picture_sets import load_set, part_of

__all__ = ["fit_bridge", "head_of"]

SETS = ("caltech_half", "grocery_produce", "clothing", "emoji", "logos")
_PICTURES = 500  # of each set, from its fit part
_RIDGE = 1e-2

Floats = NDArray[np.float32]


def head_of(model: Path) -> Mapping[str, NDArray[Any]]:
    """Return the constants of the head and the classifier of the model that ships."""
    constants = {tensor.name: tensor for tensor in onnx.load(model).graph.initializer}
    names = ("head.projection", "head.offset", "classifier.weight", "classifier.bias")
    return {name: onnx.numpy_helper.to_array(constants[name]).astype(np.float64) for name in names}


def fit_bridge(model: Path, classes: Floats, sharpness: float, data: Path) -> dict[str, Any]:
    """Return what :class:`TextBridge` holds, to be saved.

    The head squares before it averages and the classifier does not: what the classifier takes
    is fitted to what the head gives, by ridge regression on pictures of the fit parts, each set
    weighing the same.
    """
    head = head_of(model)
    projection, offset = head["head.projection"], head["head.offset"]
    stretch = np.linalg.norm(projection, axis=0)
    across = (projection / stretch).T @ (projection / stretch) - np.eye(len(stretch))
    print(f"the head's columns are orthogonal to {np.abs(across).max():.1e}")
    inverse = np.linalg.inv(projection)
    stored, features, weights = _pictures(data)
    pooled = _pooled(stored, stretch, offset, inverse)
    length = float(np.average(np.linalg.norm(features, axis=1), weights=weights))
    goals = features / np.linalg.norm(features, axis=1, keepdims=True)
    slope, shift = _ridge(pooled, goals, weights)
    matrix = inverse @ slope @ head["classifier.weight"] * length
    bias = (shift - offset @ inverse @ slope) @ head["classifier.weight"] * length
    bias += head["classifier.bias"]
    scales = np.abs(matrix).max(axis=0) / 127
    values = {
        "offset": offset.astype(np.float32),
        "stretch": stretch.astype(np.float32),
        "weights": np.rint(matrix / scales).astype(np.int8),
        "scales": scales.astype(np.float32),
        "bias": bias.astype(np.float32),
        "classes": classes.astype(np.float32),
    }
    bridge = TextBridge(**values, sharpness=sharpness)
    exact = features @ head["classifier.weight"] + head["classifier.bias"]
    same = bridge.logits(stored).argmax(axis=1) == exact.argmax(axis=1)
    print(f"the bridge names the classifier's first class for {same.mean():.3f} of the pictures")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    return values | {
        "classes": classes.astype(np.float16),
        "sharpness": np.float32(sharpness),
        "model_sha256": np.array(digest),
    }


def _pooled(
    stored: Floats, stretch: NDArray[Any], offset: NDArray[Any], inverse: NDArray[Any]
) -> NDArray[np.float64]:
    unit, origin = stored / stretch, offset / stretch
    square, across = (unit * unit).sum(axis=1), unit @ origin
    length = (across + np.sqrt(across**2 - square * (origin @ origin - 1))) / square
    pooled: NDArray[np.float64] = (stored * length[:, None] - offset) @ inverse
    return pooled


def _pictures(data: Path) -> tuple[Floats, Floats, NDArray[np.float64]]:
    encoder: Any = load_encoder()
    stored, features, weights = [], [], []
    for name in SETS:
        samples = load_set(name, data)
        parts = part_of(samples)
        chosen = [sample.path for sample in samples if parts[sample.label] == "fit"]
        order = np.random.default_rng(0).permutation(len(chosen))[:_PICTURES]
        paths = [chosen[number] for number in order]
        count = 0
        for start in range(0, len(paths), 64):
            batch = []
            for path in paths[start : start + 64]:
                try:
                    pixels = decode(path.read_bytes(), shortest_side=encoder.card.decode_side)
                except ImageError:
                    continue
                batch.append(encoder.prepare(pixels.pixels))
            stack = np.stack(batch)
            stored.append(encoder.encode(stack).vectors.astype(np.float16).astype(np.float32))
            features.append(encoder.features(stack))
            count += len(stack)
        weights += [1.0 / count] * count
    return np.concatenate(stored), np.concatenate(features), np.array(weights)


def _ridge(
    inputs: NDArray[np.float64], goals: NDArray[Any], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    share = weights / weights.sum()
    centre, goal = share @ inputs, share @ goals
    moved = (inputs - centre) * np.sqrt(share)[:, None]
    square = moved.T @ moved
    square += _RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    slope = np.linalg.solve(square, moved.T @ ((goals - goal) * np.sqrt(share)[:, None]))
    return slope, goal - centre @ slope
