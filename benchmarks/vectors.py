"""A million vectors with the neighbourhoods of real pictures.

Real pictures are encoded; some are held out as queries. Around the others new vectors are made:
a weighted mean of a picture and of some of its nearest neighbours, which keeps to the surface on
which the real ones lie, plus a fraction of the difference between two other neighbours, which
blurs it in the way in which real pictures differ. ``local_dimension`` tells whether the crowd is
as hard to search as the real one: in a Gaussian cloud it would be far higher, in copies lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["crowd", "encode_pictures", "local_dimension", "split"]

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_NEIGHBOURS = 12
_MIXED = 6
_BLUR = 0.3
_CHUNK = 5000

Vectors = NDArray[np.float32]


def encode_pictures(root: Path, cache: Path) -> Vectors:
    """Return the vectors (n, d) of all pictures under ``root`` that open; cached in a file."""
    if cache.exists():
        stored: Vectors = np.load(cache)
        return stored
    from lookalike.encoders import load_encoder
    from lookalike.errors import ImageError
    from lookalike.images import decode

    encoder = load_encoder()
    found, batch = [], []
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES or "robust" in path.parts:  # hostile files
            continue
        try:
            picture = decode(path.read_bytes(), shortest_side=encoder.card.decode_side)
        except ImageError:
            continue
        batch.append(encoder.prepare(picture.pixels))
        if len(batch) == 64:
            found.append(encoder.encode(np.stack(batch)).vectors)
            batch = []
    if batch:
        found.append(encoder.encode(np.stack(batch)).vectors)
    if not found:
        raise SystemExit(f"There are no pictures under {root}. Name a folder with --data.")
    vectors = np.concatenate(found)
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.save(cache, vectors)
    return vectors


def split(vectors: Vectors, queries: int) -> tuple[Vectors, Vectors]:
    """Return vectors to build on and held-out queries: other pictures, in random order."""
    order = np.random.default_rng(1).permutation(len(vectors))
    queries = min(queries, len(vectors) // 4)
    return vectors[order[queries:]], vectors[order[:queries]]


def crowd(real: Vectors, count: int) -> Iterator[Vectors]:
    """Yield ``count`` vectors in chunks: the real ones first, then made ones, all distinct."""
    yield from (real[i : i + _CHUNK] for i in range(0, min(count, len(real)), _CHUNK))
    neighbours = _neighbours(real)
    generator = np.random.default_rng(2)
    left = count - len(real)
    while left > 0:
        size = min(_CHUNK, left)
        left -= size
        centre = generator.integers(0, len(real), size)
        chosen = generator.permuted(
            np.broadcast_to(np.arange(_NEIGHBOURS), (size, _NEIGHBOURS)), axis=1
        )[:, :_MIXED]
        members = np.column_stack([centre, np.take_along_axis(neighbours[centre], chosen, 1)])
        weights = generator.dirichlet(np.ones(_MIXED + 1), size).astype(np.float32)
        made = np.einsum("nm,nmd->nd", weights, real[members])
        other = generator.integers(0, len(real), size)
        near = neighbours[other, generator.integers(0, _NEIGHBOURS, size)]
        made += _BLUR * (real[other] - real[near])
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        yield made


def _neighbours(real: Vectors) -> NDArray[np.int64]:
    """Return the nearest others of each vector, (n, neighbours)."""
    found = []
    for start in range(0, len(real), 1000):
        scores = real[start : start + 1000] @ real.T
        scores[np.arange(len(scores)), start + np.arange(len(scores))] = -2.0
        found.append(np.argpartition(-scores, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS])
    return np.concatenate(found)


def local_dimension(scores: NDArray[np.float32]) -> float:
    """Return how many directions a neighbourhood has, from the scores (n, k), best first.

    The estimate of Levina and Bickel (2004) from the distances to the ``k`` nearest, inverted
    and averaged over the queries as MacKay and Ghahramani (2005) correct it.
    """
    distances = np.sqrt(np.maximum(2.0 - 2.0 * scores.astype(np.float64), 1e-12))
    ratios = np.log(distances[:, -1:] / distances[:, :-1])
    return float(1.0 / ratios.mean())
