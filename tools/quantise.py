"""From 32 to 8 bits, one convolution after the other, against the 32-bit network.

Two streams of calibration pictures go through the network side by side, one in 32 bits and one
in 8. The bias of each convolution is moved so that the mean of each output channel is that of
the 32-bit stream, errors of earlier convolutions included (Nagel et al., Data-Free Quantization
Through Weight Equalization and Bias Correction, ICCV 2019, the empirical form).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from network import Convolution, Network
from quantisation import dequantise_weight, quantise_weight
from ranges import Range, span

__all__ = ["QuantisedLayer", "quantise"]

_SAMPLE = 400_000  # values of an output that its range is chosen on
_BATCH = 16

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QuantisedLayer:
    """A convolution in 8 bits: ``output`` spans its result, ``total`` that plus the shortcut."""

    weight: NDArray[np.int8]
    scales: Floats
    bias: Floats
    output: Range
    total: Range | None


def quantise(
    network: Network,
    pictures: NDArray[np.uint8],
    *,
    paired: bool = False,
    correct_bias: bool = True,
    ranges: str = "minmax",
) -> Mapping[str, QuantisedLayer]:
    """Return every convolution in 8 bits.

    Args:
        network: in 32 bits.
        pictures: uint8 of shape (n, 224, 224, 3), from the fit part.
        paired: whether weights are kept small (see ``quantisation``).
        correct_bias: whether biases make up for rounding.
        ranges: one of ``calibration.METHODS``.
    """
    planes = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    exact = rounded = (planes.to(torch.float32) - 127.0) / 128.0
    random = torch.Generator().manual_seed(5)
    kept: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
    shortcuts = {layer.shortcut for layer in network.convolutions}
    result: dict[str, QuantisedLayer] = {}
    for layer in network.convolutions:
        values, scales = quantise_weight(layer.weight, paired=paired)
        weight = torch.from_numpy(dequantise_weight(values, scales))
        exact = _convolve(exact, layer, torch.from_numpy(layer.weight), layer.bias)
        rounded = _convolve(rounded, layer, weight, layer.bias)
        bias = layer.bias
        if correct_bias:
            bias = layer.bias + _missing_mean(exact, rounded)
            rounded += torch.from_numpy(bias - layer.bias)[None, :, None, None]
        if layer.relu6:
            exact, rounded = exact.clamp_(0.0, 6.0), rounded.clamp_(0.0, 6.0)
        output = _span(rounded, ranges, random)
        rounded = _rounded(rounded, output)
        total = None
        if layer.shortcut:
            before = kept[layer.shortcut]
            exact, rounded = exact + before[0], rounded + before[1]
            total = _span(rounded, ranges, random)
            rounded = _rounded(rounded, total)
        if layer.name in shortcuts:
            kept = {layer.name: (exact, rounded)}
        result[layer.name] = QuantisedLayer(values, scales, bias, output, total)
    return result


def _convolve(
    planes: torch.Tensor, layer: Convolution, weight: torch.Tensor, bias: Floats
) -> torch.Tensor:
    top, left, bottom, right = layer.pads
    offset = torch.from_numpy(bias)
    with torch.no_grad():
        return torch.cat(
            [
                functional.conv2d(
                    functional.pad(part, (left, right, top, bottom)),
                    weight,
                    offset,
                    stride=layer.stride,
                    groups=layer.groups,
                )
                for part in planes.split(_BATCH)
            ]
        )


def _missing_mean(exact: torch.Tensor, rounded: torch.Tensor) -> Floats:
    """Return what each output channel lacks to the mean of the 32-bit stream.

    Both are compared before the clip; after it, a shift of the bias acts on part of the values
    only.
    """
    missing: Floats = (exact.mean(dim=(0, 2, 3)) - rounded.mean(dim=(0, 2, 3))).numpy()
    return missing


def _span(planes: torch.Tensor, method: str, random: torch.Generator) -> Range:
    flat = planes.reshape(-1)
    places = torch.randint(0, len(flat), (_SAMPLE,), generator=random)
    return span(flat[places].numpy(), float(flat.min()), float(flat.max()), method)


def _rounded(planes: torch.Tensor, output: Range) -> torch.Tensor:
    scale, zero = output.scale_and_zero()
    return planes.div(scale).round_().add_(zero).clamp_(0, 255).sub_(zero).mul_(scale)
