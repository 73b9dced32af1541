"""The retrieval head: centring and PCA-whitening at a power, fitted on the fit part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lookalike.training.whitening import fit_whitening, normalised

__all__ = ["apply_head", "balanced_weights", "fit_head", "normalised"]

Floats = NDArray[np.float32]


def balanced_weights(sets: Sequence[str], *, balance: float = 1.0) -> NDArray[np.float64]:
    """Return a weight for each picture, with the sum 1.

    With ``balance`` 1 every set weighs the same, with 0 every picture, between them sets weigh
    as their size to the power 1 - balance.
    """
    _, inverse, counts = np.unique(np.asarray(sets), return_inverse=True, return_counts=True)
    weights = (counts ** (1.0 - balance) / counts)[inverse]
    return weights / weights.sum()


def fit_head(
    vectors: Floats, weights: NDArray[np.float64], *, power: float, shrinkage: float
) -> tuple[Floats, Floats]:
    """Return the mean (d,) and the projection (d, d) of PCA-whitening of weighted rows."""
    affine = fit_whitening(vectors, power=power, shrinkage=shrinkage, weights=weights)
    return affine.mean, affine.projection


def apply_head(vectors: Floats, mean: Floats, projection: Floats) -> Floats:
    """Return the L2-normalised embeddings of pooled features."""
    return normalised((vectors - mean) @ projection)
