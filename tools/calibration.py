"""What each tensor of the network spans over calibration pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from quantisation import Range

__all__ = ["METHODS", "Observation", "observe", "span"]

METHODS = ("minmax", "percentile", "entropy", "mse")
_BATCH = 8
_SAMPLE = 4096  # values kept of each tensor and picture
_PERCENTILE = 0.005  # percent cut off at each end
_BINS = 2048

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one tensor: extremes over everything, a sample, and channel means."""

    low: float
    high: float
    sample: Floats
    channel_mean: Floats


def observe(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> dict[str, Observation]:
    """Run the exposed 32-bit network over pictures and return what each output held."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs() if output.name not in _ENDS]
    lows = dict.fromkeys(names, np.inf)
    highs = dict.fromkeys(names, -np.inf)
    samples: dict[str, list[Floats]] = {name: [] for name in names}
    means: dict[str, list[Floats]] = {name: [] for name in names}
    random = np.random.default_rng(11)
    for start in range(0, len(pictures), _BATCH):
        batch = pictures[start : start + _BATCH]
        for name, values in zip(names, session.run(names, {"pixels": batch}), strict=True):
            lows[name] = min(lows[name], float(values.min()))
            highs[name] = max(highs[name], float(values.max()))
            flat = values.reshape(-1)
            samples[name].append(flat[random.integers(0, flat.size, _SAMPLE * len(batch) // 4)])
            means[name].append(values.mean(axis=(0, 2, 3)) * len(batch) / len(pictures))
    return {
        name: Observation(
            lows[name],
            highs[name],
            np.concatenate(samples[name]),
            np.sum(means[name], axis=0, dtype=np.float64).astype(np.float32),
        )
        for name in names
    }


def span(observation: Observation, method: str, *, relu6: bool) -> Range:
    """Return what 8 bits should span by one of the METHODS.

    ``minmax`` takes the extremes; ``percentile`` cuts 0.005 percent off each end; ``entropy``
    takes the clipping with the least Kullback-Leibler divergence of the histograms; ``mse`` the
    one with the least mean squared rounding error.
    """
    low, high = observation.low, observation.high
    sample = observation.sample
    if method == "percentile":
        low, high = (float(v) for v in np.percentile(sample, [_PERCENTILE, 100 - _PERCENTILE]))
    elif method in {"mse", "entropy"}:
        shrinks = np.linspace(0.4, 1.0, 31)
        error = _squared_error if method == "mse" else _divergence
        best = min(shrinks, key=lambda shrink: error(sample, Range(low * shrink, high * shrink)))
        low, high = low * float(best), high * float(best)
    elif method != "minmax":
        raise ValueError(f"unknown method {method}")
    if relu6:
        low, high = 0.0, min(high, 6.0)
    return Range(low, high)


_ENDS: Sequence[str] = ("semantic", "probabilities", "features")


def _squared_error(sample: Floats, candidate: Range) -> float:
    return float(np.mean((_rounded(sample, candidate) - sample) ** 2))


def _rounded(sample: Floats, candidate: Range) -> Floats:
    scale, zero = candidate.scale_and_zero()
    result: Floats = (np.clip(np.rint(sample / scale) + zero, 0, 255) - zero) * np.float32(scale)
    return result


def _divergence(sample: Floats, candidate: Range) -> float:
    edges = np.linspace(sample.min(), sample.max() + 1e-6, _BINS + 1)
    before = np.histogram(sample, edges)[0] + 1e-3
    after = np.histogram(np.clip(_rounded(sample, candidate), edges[0], edges[-1]), edges)[0] + 1e-3
    # 256 levels fill 256 bins: spread each level over the bins it stands for
    scale, _ = candidate.scale_and_zero()
    width = max(1, round(scale / (edges[1] - edges[0])))
    after = np.convolve(after, np.ones(width) / width, mode="same") + 1e-6
    p, q = before / before.sum(), after / after.sum()
    return float(np.sum(p * np.log(p / q)))
