"""Whether probabilities mean what they say, and how scores become probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lookalike.errors import UsageError

__all__ = ["expected_calibration_error", "fit_calibration"]

_ITERATIONS = 100
_TOLERANCE = 1e-10


def expected_calibration_error(
    probabilities: ArrayLike,
    matches: ArrayLike,
    *,
    bins: int = 15,
    equal_mass: bool = False,
) -> float:
    """Return ECE = sum over bins of (share of items) * |share of matches - mean probability|.

    Bins are of equal width over [0, 1], closed on the right (Guo, Pleiss, Sun and Weinberger,
    On Calibration of Modern Neural Networks, ICML 2017, equation 3); or each holds as many items
    as the others, one more or less (Nguyen and O'Connor, Posterior Calibration and Exploratory
    Analysis for Natural Language Processing Models, EMNLP 2015). Of items of one probability
    that are then in two bins, each counts as the share of matches among them all, so that their
    order says nothing.

    Args:
        probabilities: shape (n,), in [0, 1].
        matches: bool of shape (n,).
        bins: how many.
        equal_mass: let bins hold as many items, not be as wide, as each other.

    Returns:
        In [0, 1]; 0 for no items.

    Raises:
        UsageError: shapes that differ, probabilities out of range, or fewer bins than 1.

    >>> round(expected_calibration_error([0.9, 0.9, 0.1, 0.1], [True, True, False, False]), 3)
    0.1
    """
    values, correct = _checked(probabilities, matches)
    if bins < 1:
        raise UsageError(f"bins is {bins}; expected 1 or more.")
    if len(values) and not (values.min() >= 0.0 and values.max() <= 1.0):
        raise UsageError("A probability is outside of [0, 1].")
    if not len(values):
        return 0.0
    if equal_mass:
        order = np.argsort(values, kind="stable")
        _, same, counts = np.unique(values, return_inverse=True, return_counts=True)
        shares = np.bincount(same, correct) / counts
        parts = np.array_split(order, bins)
        gap = sum(abs(float((shares[same[part]] - values[part]).sum())) for part in parts)
        return gap / len(values)
    places = np.clip(np.ceil(values * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(places, correct - values, bins)  # of each bin: matches - sum of values
    return float(np.abs(gaps).sum() / len(values))


def fit_calibration(
    scores: ArrayLike, matches: ArrayLike, *, weights: ArrayLike | None = None
) -> tuple[float, float]:
    """Return slope and intercept of probability = 1 / (1 + exp(-(slope * score + intercept))).

    Maximum likelihood by Newton's method with step halving, on targets drawn in from 0 and 1
    by Platt's rule (Platt, Probabilistic Outputs for Support Vector Machines, 1999; Lin, Lin
    and Weng, A Note on Platt's Probabilistic Outputs, 2007), so that scores that separate the
    two kinds perfectly still give finite numbers.

    Args:
        scores: shape (n,), higher is better.
        matches: bool of shape (n,), with at least one True and one False.
        weights: positive, of shape (n,); None weighs all alike.

    Raises:
        UsageError: shapes that differ, NaN, or only one kind.
    """
    values, correct = _checked(scores, matches)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    if weight.shape != values.shape or not (weight > 0).all():
        raise UsageError(f"weights must be {len(values)} positive numbers.")
    weight = weight * (len(weight) / weight.sum())
    positives = float(weight @ correct)
    negatives = len(values) - positives
    if not correct.any() or correct.all():
        raise UsageError("Both matches and others are needed.")
    high, low = (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0)
    target = np.where(correct, high, low)
    centre, spread = values.mean(), max(float(values.std()), 1e-12)
    inputs = np.stack([(values - centre) / spread, np.ones(len(values))], axis=1)

    def loss(parameters: NDArray[np.float64]) -> float:
        logits = inputs @ parameters
        return float(weight @ (np.logaddexp(0.0, logits) - target * logits))

    parameters = np.array([0.0, np.log((positives + 1.0) / (negatives + 1.0))])
    for _ in range(_ITERATIONS):
        predicted = 1.0 / (1.0 + np.exp(-np.clip(inputs @ parameters, -500, 500)))
        gradient = inputs.T @ (weight * (predicted - target))
        curvature = (inputs * (weight * predicted * (1.0 - predicted))[:, None]).T @ inputs
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), gradient)
        size, before = 1.0, loss(parameters)
        while size > 1e-8 and loss(parameters - size * step) > before:
            size /= 2.0
        parameters = parameters - size * step
        if np.abs(size * step).max() < _TOLERANCE:
            break
    slope = float(parameters[0] / spread)
    return slope, float(parameters[1] - slope * centre)


def _checked(values: ArrayLike, kinds: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    numbers, flags = np.asarray(values, np.float64), np.asarray(kinds, np.bool_)
    if numbers.ndim != 1 or numbers.shape != flags.shape:
        raise UsageError(
            f"The arrays are of shapes {numbers.shape} and {flags.shape}; expected both of one "
            "shape (n,)."
        )
    if np.isnan(numbers).any():
        raise UsageError("A value is NaN.")
    return numbers, flags
