"""Pooled features of whole picture sets, kept in a cache folder between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network import INPUT_SIZE

__all__ = ["FITS", "POOLINGS", "extract", "load_pictures"]

FITS: Mapping[str, tuple[str, float]] = {
    "squash": ("squash", 1.0),
    "squash 0.9": ("squash", 0.9),
    "crop": ("crop", 1.0),
    "crop 0.875": ("crop", 0.875),
    "pad": ("pad", 1.0),
}
"""Ways to bring a picture to the network's square, tried against each other."""

POOLINGS = ("avg", "gem2", "gem3", "gem4", "max")
"""Ways to bring a map of channels to one number each; GeM is the p-th root of the mean p-th
power (Radenović et al., Fine-tuning CNN Image Retrieval with No Human Annotation, 2018)."""

_BATCH = 16
_state: dict[str, Any] = {}

Floats = NDArray[np.float32]


def load_pictures(paths: Sequence[Path], how: str) -> NDArray[np.uint8]:
    """Return pictures as the package itself prepares them, (n, 224, 224, 3)."""
    from lookalike.images import decode, fit

    method, fraction = FITS[how]
    side = int(np.ceil(INPUT_SIZE / fraction))
    return np.stack(
        [
            fit(decode(path.read_bytes(), shortest_side=side).pixels, INPUT_SIZE, method, fraction)
            for path in paths
        ]
    )


def extract(
    graph: bytes, maps: Sequence[str], paths: Sequence[Path], how: str, cache: Path
) -> dict[str, Floats]:
    """Return, for each map of the graph and each pooling, (n, channels), and probabilities.

    Keys are "<map>/<pooling>" and "probabilities". Two processes work side by side.
    """
    key = hashlib.sha256(
        b"|".join(
            [graph, how.encode(), *(name.encode() for name in maps)]
            + [str(path).encode() for path in paths]
        )
    ).hexdigest()[:24]
    file = cache / f"{key}.npz"
    if not file.exists():
        parts = [paths[start : start + 4 * _BATCH] for start in range(0, len(paths), 4 * _BATCH)]
        with ProcessPoolExecutor(
            2, mp_context=get_context("spawn"), initializer=_start, initargs=(graph,)
        ) as pool:
            found = list(pool.map(_pooled, parts, [tuple(maps)] * len(parts), [how] * len(parts)))
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(file, **{name: np.concatenate([f[name] for f in found]) for name in found[0]})
    with np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _start(graph: bytes) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    _state["session"] = onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"]
    )


def _pooled(paths: Sequence[Path], maps: tuple[str, ...], how: str) -> dict[str, NDArray]:
    pictures = load_pictures(paths, how)
    collected: dict[str, list[NDArray]] = {}
    for start in range(0, len(pictures), _BATCH):
        batch = pictures[start : start + _BATCH]
        outputs = _state["session"].run([*maps, "probabilities"], {"pixels": batch})
        collected.setdefault("probabilities", []).append(outputs[-1])
        for name, values in zip(maps, outputs, strict=False):
            for pooling in POOLINGS:
                pooled = _pool(values.reshape(*values.shape[:2], -1), pooling)
                collected.setdefault(f"{name}/{pooling}", []).append(pooled.astype(np.float16))
    return {name: np.concatenate(values) for name, values in collected.items()}


def _pool(values: Floats, pooling: str) -> Floats:
    """Pool (n, channels, positions) over the positions."""
    if pooling == "avg":
        return values.mean(axis=2)
    if pooling == "max":
        return values.max(axis=2)
    power = int(pooling.removeprefix("gem"))
    # Only channels that are never negative have a root; of others the rectified part is taken.
    result: Floats = np.mean(np.maximum(values, 0.0) ** power, axis=2) ** np.float32(1.0 / power)
    return result
