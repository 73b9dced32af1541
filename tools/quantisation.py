"""How weights become 8-bit integers: int8, one scale for each output channel, no zero point.

Processors with AVX2 or AVX-512 but without VNNI multiply uint8 by int8 with VPMADDUBSW, which
adds two products in 16 bits and *saturates*: 255 * 127 * 2 does not fit. Weights may be kept
small enough (``paired``: those of one sign of two neighbouring inputs add up to 128 at most,
and 255 * 128 fits), which costs accuracy; the package instead asks ONNX Runtime for its exact
uint8 by uint8 kernels on such processors. docs/model.md has the figures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["dequantise_weight", "quantise_weight"]

_LARGEST = 127
_LARGEST_PAIR = 128
_LEAST_SCALE = 1e-6  # of channels that are all but zero; keeps their biases within 32 bits

Floats = NDArray[np.float32]
Integers = NDArray[np.int8]


def quantise_weight(weight: Floats, *, paired: bool = False) -> tuple[Integers, Floats]:
    """Return int8 weights of the same shape and the float32 scale of each output channel.

    Depthwise convolutions, which have one input for each output, do not use the instruction
    that saturates and keep the full range even when ``paired``.
    """
    flat = weight.reshape(len(weight), -1).astype(np.float64)
    scales = np.abs(flat).max(axis=1) / _LARGEST
    if paired and weight.shape[1] > 1:
        # half a step of rounding for each of the two weights
        scales = np.maximum(scales, _pair_sums(weight) / (_LARGEST_PAIR - 1))
    scales = np.maximum(scales, _LEAST_SCALE).astype(np.float32)
    values = np.clip(np.rint(flat / scales[:, None]), -_LARGEST, _LARGEST)
    return values.reshape(weight.shape).astype(np.int8), scales


def dequantise_weight(values: Integers, scales: Floats) -> Floats:
    """Return the weights that the integers stand for."""
    result: Floats = values.astype(np.float32) * scales.reshape(-1, *([1] * (values.ndim - 1)))
    return result


def _pair_sums(weight: NDArray) -> NDArray[np.float64]:
    """Return, for each output, the largest sum of two neighbouring weights of one sign.

    Neighbours are taken in the order (input, row, column) as well as (row, column, input), the
    two in which a kernel may read them.
    """
    flat = weight.astype(np.float64)
    outputs = len(flat)
    largest = np.zeros(outputs)
    for order in (flat, np.moveaxis(flat, 1, -1)):
        for sign in (1.0, -1.0):
            one_sign = np.maximum(order.reshape(outputs, -1) * sign, 0.0)
            largest = np.maximum(largest, (one_sign[:, :-1] + one_sign[:, 1:]).max(axis=1))
    return largest
