"""A map of embeddings in the plane: alike near alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["lay_out"]

_STEPS = 350
_EARLY = 100
_EXAGGERATION = 8.0


def lay_out(vectors: NDArray[np.floating[Any]], *, perplexity: float = 20.0) -> NDArray[np.float64]:
    """Return a place in the unit square for each row, float64 of shape (n, 2).

    Exact t-SNE: van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 2008, equations 4
    and 5, with early exaggeration, momentum and gains as in its section 3.4, on squared distances
    of the rows; it starts at the first two principal components (Kobak and Berens, The art of
    using t-SNE, Nature Communications 2019), so that the same rows always give the same map.
    Time and memory grow as n².

    Args:
        vectors: (n, d), rows of norm 1.
        perplexity: how many neighbours count for a point; at most (n - 1) / 3 is used.
    """
    count = len(vectors)
    if count < 3:
        few: NDArray[np.float64] = np.full((count, 2), 0.5) + np.arange(count)[:, None] * 0.25
        return few
    rows = vectors.astype(np.float64)
    centred = rows - rows.mean(axis=0)
    turned, lengths, _ = np.linalg.svd(centred, full_matrices=False)
    places = turned[:, :2] * lengths[:2] if turned.shape[1] > 1 else np.c_[centred, centred]
    places = 1e-4 * places / max(float(places[:, 0].std()), 1e-12)
    shares = _joint(rows, min(perplexity, max(1.0, (count - 1) / 3.0)))
    speed, gains = np.zeros_like(places), np.ones_like(places)
    rate = max(count / _EXAGGERATION / 4.0, 10.0)
    for step in range(_STEPS):
        weights = 1.0 / (1.0 + _squared_distances(places))
        np.fill_diagonal(weights, 0.0)
        pull = shares * (_EXAGGERATION if step < _EARLY else 1.0) - weights / weights.sum()
        pull *= weights
        slope = 4.0 * (pull.sum(axis=1)[:, None] * places - pull @ places)
        gains = np.where(slope * speed > 0.0, gains * 0.8, gains + 0.2).clip(0.01)
        speed = (0.5 if step < _EARLY else 0.8) * speed - rate * gains * slope
        places = places + speed
        places -= places.mean(axis=0)
    low, high = places.min(axis=0), places.max(axis=0)
    result: NDArray[np.float64] = (places - low) / np.maximum(high - low, 1e-12)
    return result


def _squared_distances(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    norms = (rows * rows).sum(axis=1)
    result: NDArray[np.float64] = np.maximum(
        norms[:, None] + norms[None] - 2.0 * rows @ rows.T, 0.0
    )
    return result


def _joint(rows: NDArray[np.float64], perplexity: float) -> NDArray[np.float64]:
    """Return the symmetric shares p_ij, each row's width found by bisection."""
    distances = _squared_distances(rows)
    np.fill_diagonal(distances, np.inf)
    distances -= distances.min(axis=1, keepdims=True)
    wanted = np.log(perplexity)
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    sharpness = np.ones(len(rows))
    finite = np.where(np.isfinite(distances), distances, 0.0)
    for _ in range(60):
        powers = np.exp(-distances * sharpness[:, None])
        sums = powers.sum(axis=1)
        entropy = np.log(sums) + sharpness * (finite * powers).sum(axis=1) / sums
        flat = entropy > wanted
        low, high = np.where(flat, sharpness, low), np.where(flat, high, sharpness)
        sharpness = np.where(np.isinf(high), sharpness * 2.0, (low + high) / 2.0)
    shares = np.exp(-distances * sharpness[:, None])
    shares /= shares.sum(axis=1, keepdims=True)
    shares = (shares + shares.T) / (2.0 * len(rows))
    result: NDArray[np.float64] = np.maximum(shares, 1e-12)
    return result
