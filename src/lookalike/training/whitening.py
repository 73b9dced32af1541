"""Whitening: the closed-form heads that every trained one has to beat, and starts from.

Needs numpy alone. PCA-whitening knows no labels; supervised whitening also shrinks the
directions in which pictures of one class differ from each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import TrainingDataError, UsageError
from lookalike.evaluation import map_at_r, rank_leave_one_out

__all__ = [
    "Affine",
    "Choice",
    "choose_whitening",
    "fit_supervised_whitening",
    "fit_whitening",
    "normalised",
]

Floats = NDArray[np.float32]

_POWERS = (0.125, 0.25, 0.5, 0.75)
_SHRINKAGES = (0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True, slots=True)
class Affine:
    """The map x to (x - mean) @ projection, then L2; ``mean`` is (d,), ``projection`` (d, e)."""

    mean: Floats
    projection: Floats

    def apply(self, features: Floats) -> Floats:
        """Return the embeddings, float32 of shape (n, e) and norm 1, of features (n, d)."""
        return normalised((features - self.mean) @ self.projection)


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting that was tried, and its MAP@R, in [0, 1], on the selection classes.

    ``power`` 0 is PCA-whitening alone.
    """

    power: float
    shrinkage: float
    map_at_r: float


def normalised(vectors: NDArray[np.floating[Any]]) -> Floats:
    """Return the rows divided by their L2 norms; rows of zeros stay zeros."""
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    result: Floats = (vectors / norms).astype(np.float32)
    return result


def fit_whitening(
    features: Floats,
    *,
    power: float = 0.25,
    shrinkage: float = 0.5,
    weights: NDArray[np.float64] | None = None,
) -> Affine:
    """Fit centring and PCA-whitening.

    The projection is V diag((l + s * mean(l)) ** -power), with V the eigenvectors and l the
    eigenvalues of the (weighted) covariance, largest first, and s the shrinkage. Power 0 only
    centres and rotates; 0.5 is full whitening (Jégou and Chum, Negative Evidences and
    Co-occurences in Image Retrieval, ECCV 2012; powers as in Naver's deep-image-retrieval).

    Args:
        features: float32 of shape (n, d).
        power: in [0, 0.5].
        shrinkage: 0 or more.
        weights: float64 of shape (n,) with the sum 1; None weighs all rows the same.

    Raises:
        UsageError: a number is out of range.
        TrainingDataError: there are fewer than two rows, or a value is not finite.
    """
    if not 0.0 <= power <= 0.5 or shrinkage < 0.0:
        raise UsageError(
            f"power must lie in [0, 0.5] and shrinkage be at least 0; got {power} and {shrinkage}."
        )
    if len(features) < 2 or not np.isfinite(features).all():
        raise TrainingDataError(
            f"Whitening needs at least two rows of finite numbers; got {len(features)} rows."
        )
    if weights is None:
        weights = np.full(len(features), 1.0 / len(features))
    mean = weights @ features.astype(np.float64)
    centred = (features - mean) * np.sqrt(weights)[:, None]
    values, axes = np.linalg.eigh(centred.T @ centred)
    values, axes = np.maximum(values[::-1], 0.0), axes[:, ::-1]
    values = np.maximum(values + shrinkage * values.mean(), 1e-12)
    projection = axes * values**-power
    # The cosine does not care for the scale: bring it near one, where float16 is finest.
    spread = np.sqrt(np.mean(((features[:512] - mean) @ projection) ** 2))
    projection /= max(float(spread), 1e-12)
    return Affine(mean.astype(np.float32), projection.astype(np.float32))


def fit_supervised_whitening(
    features: Floats,
    labels: Sequence[Any] | NDArray[Any],
    start: Affine,
    *,
    power: float = 0.5,
    shrinkage: float = 0.3,
    weights: NDArray[np.float64] | None = None,
) -> Affine:
    """Fit a map that also evens out how pictures of one class differ from each other.

    After ``start`` comes V diag((w / mean(w) + s) ** -power) V', with V the eigenvectors and w
    the eigenvalues of the covariance within the classes, and s the shrinkage: the learned
    whitening of Mikolajczyk and Matas (Improving Descriptors for Fast Tree Matching by Optimal
    Linear Projection, ICCV 2007; for networks Radenović et al. 2018), with classes for its
    matching pairs. Power 0 is ``start`` itself, 0.5 full whitening within the classes.

    Args:
        features: float32 of shape (n, d).
        labels: n labels.
        power: in [0, 1].
        shrinkage: more than 0.
        weights: float64 of shape (n,), of each row in the covariance; None weighs all the same.

    Raises:
        UsageError: a number is out of range, or the lengths differ.
        TrainingDataError: no class has two pictures.
    """
    if not 0.0 <= power <= 1.0 or shrinkage <= 0.0:
        raise UsageError(
            f"power must lie in [0, 1] and shrinkage be above 0; got {power} and {shrinkage}."
        )
    if len(features) != len(labels):
        raise UsageError(f"{len(labels)} labels for {len(features)} rows of features.")
    values, axes = _within(features, labels, start, weights)
    return _turned(start, values, axes, power, shrinkage)


def choose_whitening(
    features: Floats,
    labels: Sequence[Any] | NDArray[Any],
    select_features: Floats,
    select_labels: Sequence[Any] | NDArray[Any],
    *,
    start: Affine | None = None,
) -> tuple[Affine, tuple[Choice, ...]]:
    """Fit whitening on some classes with the setting that serves other classes best.

    PCA-whitening is among what is tried, so the result is no worse than it on the selection
    classes. Returns the map and every setting tried, the best one first.
    """
    start = fit_whitening(features) if start is None else start
    values, axes = _within(features, labels, start)
    tried: list[tuple[Choice, Affine]] = []
    for power, shrinkage in [(0.0, 1.0), *((p, s) for p in _POWERS for s in _SHRINKAGES)]:
        affine = _turned(start, values, axes, power, shrinkage)
        ranking = rank_leave_one_out(affine.apply(select_features), select_labels)
        tried.append((Choice(power, shrinkage, float(np.nanmean(map_at_r(ranking)))), affine))
    tried.sort(key=lambda pair: -pair[0].map_at_r)
    return tried[0][1], tuple(choice for choice, _ in tried)


def _within(
    features: Floats,
    labels: Sequence[Any] | NDArray[Any],
    start: Affine,
    weights: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return eigenvalues, with the mean 1, and eigenvectors of the spread within classes."""
    _, codes, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    if counts.max(initial=0) < 2:
        raise TrainingDataError("Supervised whitening needs a class with at least two pictures.")
    placed = ((features - start.mean) @ start.projection).astype(np.float64)
    means = np.zeros((len(counts), placed.shape[1]))
    np.add.at(means, codes, placed)
    apart = placed - (means / counts[:, None])[codes]
    if weights is not None:
        apart *= np.sqrt(weights)[:, None]
    values, axes = np.linalg.eigh(apart.T @ apart)
    values = np.maximum(values, 0.0)
    return values / max(float(values.mean()), 1e-12), axes


def _turned(
    start: Affine,
    values: NDArray[np.float64],
    axes: NDArray[np.float64],
    power: float,
    shrinkage: float,
) -> Affine:
    if power == 0.0:
        return start
    turn = (axes * (values + shrinkage) ** -power) @ axes.T
    return Affine(start.mean, (start.projection @ turn).astype(np.float32))
