"""ONNX Runtime leaves nothing in the user's home."""

import os
import subprocess
import sys
from pathlib import Path


def test_running_the_network_writes_nothing_outside_of_the_project(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from lookalike.encoders import load_encoder; "
        "load_encoder(threads=1).encode(np.zeros((1, 224, 224, 3), np.uint8))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run(
        [sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True
    )
    assert list(tmp_path.rglob("*")) == []
