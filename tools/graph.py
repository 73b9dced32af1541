"""The ONNX graphs: the network in 32 bits, or in 8 bits with a QuantizeLinear after each step.

Both take uint8 pictures of shape (n, 224, 224, 3): a DequantizeLinear with scale 1/128 and
zero point 127 is the network's own normalisation, (RGB - 127) / 128, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from network import INPUT_SIZE, Convolution, Network
from quantise import QuantisedLayer
from ranges import Range

__all__ = ["OPSET", "Head", "build_float", "build_quantised"]

OPSET = 17
_IR_VERSION = 8

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Head:
    """The retrieval head: y = (pooled - mean) @ projection, then L2.

    ``pooling`` names the parts that are put side by side: "avg", "max" or "gem3" (the third
    root of the mean third power) of the last convolution's 1280 channels; each part is divided
    by its own L2 norm first when ``normalise_parts`` is set.
    """

    pooling: tuple[str, ...]
    mean: Floats
    projection: Floats
    normalise_first: bool


@dataclass(slots=True)
class _Graph:
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def constant(self, name: str, values: NDArray) -> str:
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output


def build_float(network: Network, head: Head | None, *, expose: bool = False) -> onnx.ModelProto:
    """Return the network in 32 bits; with ``expose`` each convolution's output is an output."""
    graph = _Graph()
    pixels = _input(graph)
    tensor = graph.node("DequantizeLinear", pixels, "normalised")
    exposed = []
    for layer in network.convolutions:
        weight = graph.constant(f"{layer.name}.weight", layer.weight)
        bias = graph.constant(f"{layer.name}.bias", layer.bias)
        tensor = _convolve(graph, layer, tensor, weight, bias)
        if layer.relu6:
            tensor = _clip(graph, tensor, f"{layer.name}.clipped")
        exposed.append(tensor)
        if layer.shortcut:
            tensor = graph.node(
                "Add", [tensor, _sum_name(network, layer.shortcut)], f"{layer.name}.sum"
            )
            exposed.append(tensor)
    outputs = _ends(graph, network, tensor, head)
    return _model(graph, [*outputs, *exposed] if expose else outputs, head)


def build_quantised(
    network: Network, layers: Mapping[str, QuantisedLayer], head: Head | None
) -> onnx.ModelProto:
    """Return the network with 8-bit convolutions in the QDQ form of ONNX.

    Args:
        network: the network in 32 bits.
        layers: each of its convolutions in 8 bits.
        head: the retrieval head, or None for the class probabilities alone.
    """
    graph = _Graph()
    tensor = graph.node("DequantizeLinear", _input(graph), "normalised")
    scale = 1.0 / 128.0
    for layer in network.convolutions:
        rounded = layers[layer.name]
        weight, bias = _quantised_weight(graph, layer.name, rounded, np.float32(scale))
        # No Clip: the 8 bits span [0, 6] or less, so that saturation is the clip.
        tensor = _convolve(graph, layer, tensor, weight, bias)
        tensor, scale = _requantise(graph, tensor, layer.name, rounded.output)
        if layer.shortcut and rounded.total:
            shortcut = f"{_sum_name(network, layer.shortcut)}.q.dq"
            tensor = graph.node("Add", [tensor, shortcut], f"{layer.name}.sum")
            tensor, scale = _requantise(graph, tensor, f"{layer.name}.sum", rounded.total)
    return _model(graph, _ends(graph, network, tensor, head), head)


def _input(graph: _Graph) -> list[str]:
    planes = graph.node("Transpose", ["pixels"], "planes", perm=[0, 3, 1, 2])
    return [
        planes,
        graph.constant("pixels.scale", np.array(1.0 / 128.0, np.float32)),
        graph.constant("pixels.zero", np.array(127, np.uint8)),
    ]


def _convolve(graph: _Graph, layer: Convolution, tensor: str, weight: str, bias: str) -> str:
    return graph.node(
        "Conv",
        [tensor, weight, bias],
        layer.name,
        strides=[layer.stride] * 2,
        group=layer.groups,
        pads=list(layer.pads),
        kernel_shape=list(layer.weight.shape[2:]),
    )


def _clip(graph: _Graph, tensor: str, name: str) -> str:
    low = graph.constant("relu6.low", np.array(0.0, np.float32))
    high = graph.constant("relu6.high", np.array(6.0, np.float32))
    return graph.node("Clip", [tensor, low, high], name)


def _quantised_weight(
    graph: _Graph, name: str, layer: QuantisedLayer, input_scale: np.float32
) -> tuple[str, str]:
    """Add weight and bias; the bias is int32 with the product of the scales, as kernels want."""
    zeros = len(layer.scales)
    weight = graph.node(
        "DequantizeLinear",
        [
            graph.constant(f"{name}.weight", layer.weight),
            graph.constant(f"{name}.weight.scale", layer.scales),
            graph.constant(f"{name}.weight.zero", np.zeros(zeros, np.int8)),
        ],
        f"{name}.weight.dq",
        axis=0,
    )
    scales = layer.scales * input_scale
    bias = graph.node(
        "DequantizeLinear",
        [
            graph.constant(
                f"{name}.bias", np.rint(layer.bias.astype(np.float64) / scales).astype(np.int32)
            ),
            graph.constant(f"{name}.bias.scale", scales),
            graph.constant(f"{name}.bias.zero", np.zeros(zeros, np.int32)),
        ],
        f"{name}.bias.dq",
        axis=0,
    )
    return weight, bias


def _requantise(graph: _Graph, tensor: str, name: str, span: Range) -> tuple[str, float]:
    scale, zero = span.scale_and_zero()
    inputs = [
        graph.constant(f"{name}.scale", np.array(scale, np.float32)),
        graph.constant(f"{name}.zero", np.array(zero, np.uint8)),
    ]
    graph.node("QuantizeLinear", [tensor, *inputs], f"{name}.q")
    return graph.node("DequantizeLinear", [f"{name}.q", *inputs], f"{name}.q.dq"), scale


def _sum_name(network: Network, name: str) -> str:
    """Return the tensor that a shortcut adds: the sum where there is one."""
    layer = next(layer for layer in network.convolutions if layer.name == name)
    return f"{name}.sum" if layer.shortcut else name


def _ends(graph: _Graph, network: Network, tensor: str, head: Head | None) -> list[str]:
    """Add pooling, classifier and head; return the names of the outputs."""
    pooled = graph.node("GlobalAveragePool", [tensor], "averaged")
    features = graph.node("Flatten", [pooled], "features")
    weight = graph.constant("classifier.weight", network.classifier_weight.T.astype(np.float16))
    weight = graph.node("Cast", [weight], "classifier.weight.float", to=TensorProto.FLOAT)
    bias = graph.constant("classifier.bias", network.classifier_bias)
    logits = graph.node("MatMul", [features, weight], "classifier")
    logits = graph.node("Add", [logits, bias], "logits")
    graph.node("Softmax", [logits], "probabilities", axis=1)
    if head is None:
        return ["probabilities", "features"]
    parts = [_pool(graph, tensor, features, kind) for kind in head.pooling]
    vector = parts[0] if len(parts) == 1 else graph.node("Concat", parts, "pooled", axis=1)
    if head.normalise_first:
        vector = _normalise(graph, vector, "pooled.normalised")
    offset = (-head.mean.astype(np.float64) @ head.projection.astype(np.float64)).astype(np.float32)
    matrix = graph.constant("head.projection", head.projection.astype(np.float16))
    matrix = graph.node("Cast", [matrix], "head.projection.float", to=TensorProto.FLOAT)
    vector = graph.node("MatMul", [vector, matrix], "head.projected")
    vector = graph.node("Add", [vector, graph.constant("head.offset", offset)], "head")
    _normalise(graph, vector, "semantic")
    return ["semantic", "probabilities", "features"]


def _pool(graph: _Graph, tensor: str, features: str, kind: str) -> str:
    if kind == "avg":
        return features
    if kind == "max":
        return graph.node("Flatten", [graph.node("GlobalMaxPool", [tensor], "max")], "max.flat")
    power = int(kind.removeprefix("gem"))
    value = tensor
    for step in range(2, power + 1):
        value = graph.node("Mul", [value, tensor], f"{kind}.power{step}")
    value = graph.node("GlobalAveragePool", [value], f"{kind}.mean")
    value = graph.node("Flatten", [value], f"{kind}.flat")
    root = graph.constant(f"{kind}.root", np.array(1.0 / power, np.float32))
    return graph.node("Pow", [value, root], kind)


def _normalise(graph: _Graph, vector: str, name: str) -> str:
    norm = graph.node("ReduceL2", [vector], f"{name}.norm", axes=[1], keepdims=1)
    least = graph.constant("least_norm", np.array(1e-12, np.float32))
    norm = graph.node("Max", [norm, least], f"{name}.norm.positive")
    return graph.node("Div", [vector, norm], name)


def _model(graph: _Graph, outputs: Sequence[str], head: Head | None) -> onnx.ModelProto:
    shapes: dict[str, list[object]] = {"probabilities": ["n", 1000], "features": ["n", 1280]}
    if head is not None:
        shapes["semantic"] = ["n", head.projection.shape[1]]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite0",
            [
                helper.make_tensor_value_info(
                    "pixels", TensorProto.UINT8, ["n", INPUT_SIZE, INPUT_SIZE, 3]
                )
            ],
            [
                helper.make_tensor_value_info(
                    name, TensorProto.FLOAT, shapes.get(name, ["n", None, None, None])
                )
                for name in outputs
            ],
            list(graph.initializers.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="lookalike tools/build_models.py",
    )
    onnx.checker.check_model(model)
    return model
