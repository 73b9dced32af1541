"""How far a mean could have come out otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lookalike.errors import UsageError
from lookalike.results import Interval

__all__ = ["bootstrap_interval"]

_CHUNK = 4_000_000


def bootstrap_interval(
    values: ArrayLike,
    *,
    classes: Sequence[Any] | NDArray[Any] | None = None,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the percentile bootstrap interval of the mean of one value for each query.

    Without ``classes`` queries are drawn anew, which says how sure the figure is on these
    classes; with them whole classes are, which says how sure it is on others like them and is
    wider (Efron and Tibshirani, An Introduction to the Bootstrap, 1993; Field and Welsh,
    Bootstrapping Clustered Data, 2007). To compare two methods give the differences of their
    values.

    Args:
        values: shape (n,); NaN is left out.
        classes: n labels.
        confidence: share of the draws that the interval holds, in (0, 1).
        draws: how many.
        seed: of the random numbers; the same seed gives the same interval.

    Raises:
        UsageError: nothing to average, lengths that differ or numbers out of range.
    """
    numbers = np.asarray(values, np.float64)
    known = ~np.isnan(numbers)
    if numbers.ndim != 1 or not known.any():
        raise UsageError("There is no value to average.")
    if not 0.0 < confidence < 1.0 or draws < 1:
        raise UsageError("confidence must lie in (0, 1) and draws be at least 1.")
    if classes is None:
        sums: NDArray[np.float64] = numbers[known]
        counts: NDArray[np.float64] = np.ones(len(sums))
    else:
        if len(classes) != len(numbers):
            raise UsageError(f"{len(classes)} classes for {len(numbers)} values.")
        codes = np.unique(np.asarray(classes)[known], return_inverse=True)[1]
        sums = np.bincount(codes, numbers[known]).astype(np.float64)
        counts = np.bincount(codes).astype(np.float64)
    random = np.random.default_rng(seed)
    means = np.concatenate(
        [_drawn_means(sums, counts, part, random) for part in _parts(draws, len(sums))]
    )
    tail = 50.0 * (1.0 - confidence)
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return Interval(float(low), float(high))


def _drawn_means(
    sums: NDArray[np.float64],
    counts: NDArray[np.float64],
    draws: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    chosen = random.integers(0, len(sums), (draws, len(sums)))
    means: NDArray[np.float64] = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    return means


def _parts(draws: int, width: int) -> list[int]:
    size = max(1, _CHUNK // max(1, width))
    return [min(size, draws - start) for start in range(0, draws, size)]
