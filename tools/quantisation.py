"""How floats become 8-bit integers: weights by channel, outputs by what they span.

Weights are int8 with one scale for each output channel and no zero point, outputs uint8 with
one scale. Processors with AVX2 or AVX-512 but without VNNI multiply such pairs with
VPMADDUBSW, which adds two products in 16 bits and *saturates*: 255 * 127 * 2 does not fit.
The scales are therefore chosen so that the positive weights of two neighbouring inputs add up
to at most 128, and the negative ones to at least -128: then 255 * 128 = 32640 is the largest
sum, nothing saturates, and every processor computes the same integers. Depthwise convolutions
do not use that instruction and keep the full range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Range", "bias_correction", "dequantise_weight", "pair_sums", "quantise_weight"]

_LARGEST = 127
_LARGEST_PAIR = 128
_LEAST_SCALE = 1e-6  # of channels that are all but zero; keeps their biases within 32 bits

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


def quantise_weight(weight: Floats, *, depthwise: bool) -> tuple[NDArray[np.int8], Floats]:
    """Return int8 weights of the same shape and the float32 scale of each output channel."""
    flat = weight.reshape(len(weight), -1).astype(np.float64)
    scales = np.abs(flat).max(axis=1) / _LARGEST
    if not depthwise:
        # half a step of rounding for each of the two weights
        scales = np.maximum(scales, pair_sums(weight).max(axis=1) / (_LARGEST_PAIR - 1))
    scales = np.maximum(scales, _LEAST_SCALE).astype(np.float32)
    shape = (-1, *([1] * (weight.ndim - 1)))
    values = np.clip(np.rint(weight / scales.reshape(shape)), -_LARGEST, _LARGEST)
    return values.astype(np.int8), scales


def dequantise_weight(values: NDArray[np.int8], scales: Floats) -> Floats:
    """Return the weights that the integers stand for."""
    result: Floats = values.astype(np.float32) * scales.reshape(-1, *([1] * (values.ndim - 1)))
    return result


def pair_sums(weight: NDArray) -> NDArray[np.float64]:
    """Return, for each output, the sizes of the sums of neighbouring weights of one sign.

    Neighbours are taken along the inputs as well as along (row, column, input), the two orders
    in which a kernel may read them; shape (outputs, pairs).
    """
    flat = weight.astype(np.float64)
    outputs = len(flat)
    orders = [flat.reshape(outputs, -1), np.moveaxis(flat, 1, -1).reshape(outputs, -1)]
    sums = []
    for order in orders:
        for sign in (1.0, -1.0):
            one_sign = np.maximum(order * sign, 0.0)
            sums.append(one_sign[:, :-1] + one_sign[:, 1:])
    return np.concatenate(sums, axis=1)


def bias_correction(weight: Floats, rounded: Floats, input_mean: Floats, groups: int) -> Floats:
    """Return what to add to the bias so that rounding the weights keeps each output's mean.

    ``input_mean`` is the mean of each input channel over calibration pictures (Nagel et al.,
    Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019).
    """
    lost = (weight - rounded).astype(np.float64).sum(axis=(2, 3))  # (outputs, inputs / groups)
    if groups > 1:
        result = lost[:, 0] * input_mean
    else:
        result = lost @ input_mean.astype(np.float64)
    return result.astype(np.float32)
