"""ONNX Runtime, asked to keep to itself."""

from __future__ import annotations

import os
from types import ModuleType

__all__ = ["import_onnxruntime"]


def import_onnxruntime() -> ModuleType:
    """Return the module ``onnxruntime``, with its telemetry off unless the user turned it on.

    From 1.32 on it writes a device id and a database of events into the user's cache folder and
    may send them; the variable has to be set before its first import.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    module: ModuleType = onnxruntime
    return module
