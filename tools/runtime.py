"""Run a graph that is still in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray

__all__ = ["run"]

_BATCH = 16


def run(
    model: onnx.ModelProto, pictures: NDArray[np.uint8], outputs: Sequence[str]
) -> list[NDArray[np.float32]]:
    """Return the named outputs for pictures of shape (n, 224, 224, 3)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    parts = [
        session.run(list(outputs), {"pixels": pictures[start : start + _BATCH]})
        for start in range(0, len(pictures), _BATCH)
    ]
    return [np.concatenate(values) for values in zip(*parts, strict=True)]
