"""A graph in 8 bits: weights int8 by output channel, outputs uint8, the head in 32 bits.

ONNX Runtime's static quantisation does the work (Jacob et al., Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR 2018); here is chosen what
becomes 8-bit.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders.runtime import import_onnxruntime
from lookalike.errors import MissingExtraError, ModelFileError

__all__ = ["in_eight_bits", "quantise_graph"]

_BATCH = 8
_FEATURES, _VECTORS, _INPUT = "features", "semantic", "pixels"
_ACTIVATIONS = ("Clip", "Relu")


def in_eight_bits(graph: bytes) -> bool:
    """Tell whether a graph holds 8-bit tensors already.

    Raises:
        ModelFileError: it is no ONNX graph.
    """
    return any(node.op_type == "DequantizeLinear" for node in _read(graph).graph.node)


def quantise_graph(graph: bytes, pictures: NDArray[np.uint8]) -> bytes:
    """Return a graph with its convolutions and matrices in 8 bits, up to the pooled features.

    Weights get a scale for each output channel; the range of each tensor between is its least
    and largest value over ``pictures``. Pooling and head stay in 32 bits.

    Args:
        graph: takes uint8 ``pixels`` of shape (n, side, side, 3) and gives ``semantic``, and
            ``features`` where the head begins.
        pictures: to choose ranges on, uint8 of shape (n, side, side, 3), n at least 1.

    Raises:
        ModelFileError: it is no ONNX graph, or nothing in it can be quantised.
        MissingExtraError: the package onnx is missing.
    """
    model = _read(graph)
    chosen = _nodes(model)
    if not chosen:
        raise ModelFileError("The graph holds nothing that could become 8-bit.")
    import_onnxruntime()
    from onnxruntime import quantization as tools

    class Reader(tools.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._parts = _parts(pictures)

        def get_next(self) -> Any:
            return next(self._parts, None)

    log = logging.getLogger()
    level = log.level
    log.setLevel(logging.ERROR)  # it advises to fold batch normalisation, which is folded here
    try:
        with tempfile.TemporaryDirectory(prefix="lookalike-8-bit-") as folder:
            file = Path(folder) / "model.onnx"
            tools.quantize_static(
                model,
                str(file),
                Reader(),
                quant_format=tools.QuantFormat.QDQ,
                per_channel=True,
                activation_type=tools.QuantType.QUInt8,
                weight_type=tools.QuantType.QInt8,
                calibrate_method=tools.CalibrationMethod.MinMax,
                nodes_to_quantize=chosen,
                extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
            )
            return file.read_bytes()
    except (RuntimeError, ValueError) as error:
        raise ModelFileError(f"The graph cannot be turned into 8 bits: {error}") from error
    finally:
        log.setLevel(level)


def _parts(pictures: NDArray[np.uint8]) -> Iterator[dict[str, NDArray[np.uint8]]]:
    for start in range(0, len(pictures), _BATCH):
        yield {_INPUT: pictures[start : start + _BATCH]}


def _read(graph: bytes) -> Any:
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "Turning a model into 8 bits needs the package 'onnx': pip install 'lookalike[train]'"
        ) from error
    try:
        return onnx.load_from_string(graph)
    except Exception as error:  # protobuf raises classes of its own
        raise ModelFileError(f"This is no ONNX graph: {error}") from error


def _nodes(model: Any) -> list[str]:
    """Return the names of the nodes to quantise: those before ``features`` that weigh.

    These are convolutions and products with fixed matrices, sums with a shortcut that end a
    block, maximum pooling between, and the activations that follow one of them, which the range
    of 8 bits then stands for.
    """
    nodes = list(model.graph.node)
    maker = {output: node for node in nodes for output in node.output}
    matrices = {
        tensor.name
        for tensor in model.graph.initializer
        if len(tensor.dims) == 2 and min(tensor.dims) > 1
    }
    end = _FEATURES if _FEATURES in maker else _VECTORS
    before = _ancestors(end, maker)
    chosen: dict[str, Any] = {}
    for node in nodes:  # ONNX keeps them in the order of computation
        if node.output[0] not in before:
            continue
        makers = [maker[name].op_type for name in node.input if name in maker]
        inside = any(name in chosen for name in node.input)
        if _weighs(node, matrices) or (inside and _follows(node, makers)):
            chosen[node.output[0]] = node
    return [node.name for node in chosen.values()]


def _weighs(node: Any, matrices: set[str]) -> bool:
    """Return whether a node is a convolution or a product with a fixed matrix."""
    if node.op_type in ("MatMul", "Gemm"):
        return node.input[1] in matrices
    return bool(node.op_type == "Conv")


def _follows(node: Any, makers: Sequence[str]) -> bool:
    """Return whether a node that takes in quantised values passes them on in 8 bits."""
    if node.op_type == "Add":
        return "Conv" in makers
    if node.op_type in _ACTIVATIONS:
        return makers[0] in ("Conv", "Add")
    return bool(node.op_type == "MaxPool")


def _ancestors(name: str, maker: dict[str, Any]) -> set[str]:
    """Return the first outputs of all nodes that a tensor is computed from."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        node = maker.get(waiting.pop())
        if node is not None and node.output[0] not in found:
            found.add(node.output[0])
            waiting.extend(node.input)
    return found
