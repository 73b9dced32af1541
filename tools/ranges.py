"""What the 256 levels of an output should span, by several methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["METHODS", "Range", "span"]

METHODS = ("minmax", "percentile", "entropy", "mse")
_PERCENTILE = 0.005  # percent cut off at each end
_SHRINKS = np.linspace(0.3, 1.0, 36)
_BINS = 2048

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Range:
    """What the 256 levels of an output span, from ``low`` to ``high``."""

    low: float
    high: float

    def scale_and_zero(self) -> tuple[float, int]:
        """Return the step between two levels and the level that stands for zero."""
        low, high = min(self.low, 0.0), max(self.high, 1e-6)
        scale = float(np.float32((high - low) / 255.0))
        return scale, int(np.clip(round(-low / scale), 0, 255))

    def rounded(self, values: Floats) -> Floats:
        """Return the values that the nearest levels stand for."""
        scale, zero = self.scale_and_zero()
        levels = np.clip(np.rint(values / scale) + zero, 0, 255)
        result: Floats = (levels - zero).astype(np.float32) * np.float32(scale)
        return result


def span(sample: Floats, low: float, high: float, method: str) -> Range:
    """Return what 8 bits should span, given a sample of an output and its extremes.

    ``minmax`` takes the extremes; ``percentile`` cuts 0.005 percent off each end; ``entropy``
    takes the clipping with the least Kullback-Leibler divergence of the histograms; ``mse`` the
    one with the least mean squared rounding error.
    """
    if method == "minmax":
        return Range(low, high)
    if method == "percentile":
        ends = np.percentile(sample, [_PERCENTILE, 100.0 - _PERCENTILE])
        return Range(float(ends[0]), float(ends[1]))
    errors = {"mse": _squared_error, "entropy": _divergence}
    error = errors[method]
    best = min(_SHRINKS, key=lambda shrink: error(sample, Range(low * shrink, high * shrink)))
    return Range(low * float(best), high * float(best))


def _squared_error(sample: Floats, candidate: Range) -> float:
    return float(np.mean((candidate.rounded(sample) - sample) ** 2))


def _divergence(sample: Floats, candidate: Range) -> float:
    """Return KL(p || q) as TensorRT and ONNX Runtime compute it.

    p is the histogram of the clipped values, q the same in 256 levels spread over its bins.
    """
    edges = np.linspace(candidate.low, candidate.high + 1e-9, _BINS + 1)
    p = np.histogram(np.clip(sample, candidate.low, candidate.high), edges)[0].astype(np.float64)
    inside = np.histogram(sample, edges)[0].astype(np.float64)
    levels = inside.reshape(256, -1)
    occupied = (levels > 0).sum(axis=1, keepdims=True)
    q = np.where(levels > 0, levels.sum(axis=1, keepdims=True) / np.maximum(occupied, 1), 0.0)
    p, q = p / p.sum() + 1e-9, q.reshape(-1) / max(q.sum(), 1.0) + 1e-9
    return float(np.sum(p * np.log(p / q)))
