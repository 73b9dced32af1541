"""The compact code of the index: the directions in which the vectors of a library differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scan import products

__all__ = ["Projection", "fit_projection"]


@dataclass(frozen=True, slots=True)
class Projection:
    """A rotation into fewer dimensions and a shift.

    ``directions`` is (c, d), its rows orthonormal; ``shift`` (c,) is where their mean lies.
    """

    directions: NDArray[np.float32]
    shift: NDArray[np.float32]

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Project vectors (n, d) to (n, c).

        Distances shrink at most: what is near stays near.
        """
        projected = products(vectors, self.directions)
        projected -= self.shift
        return projected


def fit_projection(sample: NDArray[np.float32], dimensions: int) -> Projection:
    """Find the ``dimensions`` orthonormal directions that keep most of the squared distances.

    Principal component analysis (Pearson 1901; Hotelling 1933): the eigenvectors of the
    covariance of ``sample`` (n, d) with the largest eigenvalues. Where the sample spans fewer
    directions, the rest are any that are orthogonal to them.
    """
    mean = sample.mean(axis=0, dtype=np.float64)
    centred = sample - mean.astype(np.float32)
    covariance = (centred.T @ centred).astype(np.float64)
    _, vectors = np.linalg.eigh(covariance)
    leading = vectors[:, ::-1][:, :dimensions].T
    return Projection(
        np.ascontiguousarray(leading, dtype=np.float32), (leading @ mean).astype(np.float32)
    )
