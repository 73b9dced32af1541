"""The retrieval head: centring and PCA-whitening at a power, fitted on the fit part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply_head", "balanced_weights", "fit_head", "normalised"]

Floats = NDArray[np.float32]


def normalised(vectors: Floats) -> Floats:
    """Return the rows divided by their L2 norms."""
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    result: Floats = (vectors / norms).astype(np.float32)
    return result


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
    """Return the mean (d,) and the projection (d, d) of PCA-whitening.

    The projection is V diag((l + s * mean(l)) ** -power), with V the eigenvectors and l the
    eigenvalues of the weighted covariance, largest first, and s the shrinkage. Power 0 only
    centres and rotates; 0.5 is full whitening (Jégou and Chum, Negative Evidences and
    Co-occurences in Image Retrieval, ECCV 2012; powers as in Naver's deep-image-retrieval).
    """
    mean = weights @ vectors.astype(np.float64)
    centred = (vectors - mean) * np.sqrt(weights)[:, None]
    values, axes = np.linalg.eigh(centred.T @ centred)
    values, axes = np.maximum(values[::-1], 0.0), axes[:, ::-1]
    values = values + shrinkage * values.mean()
    projection = axes * values**-power
    # The cosine does not care for the scale: bring it near one, where float16 is finest.
    projection /= np.sqrt(np.mean(((vectors[:512] - mean) @ projection) ** 2))
    return mean.astype(np.float32), projection.astype(np.float32)


def apply_head(vectors: Floats, mean: Floats, projection: Floats) -> Floats:
    """Return the L2-normalised embeddings of pooled features."""
    return normalised((vectors - mean) @ projection)
