"""What a figure has to say beside itself: machine, versions, and the noise around it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

__all__ = ["cores", "describe", "median", "spread"]


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0))


def describe(*packages: str) -> str:
    """Return processor, cores, Python and package versions on one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    versions = [f"{name} {importlib.metadata.version(name)}" for name in packages]
    noted = [name for name in os.environ if name.startswith("OPENBLAS_")]
    return ", ".join(
        [
            model,
            f"{cores()} cores",
            f"Python {platform.python_version()}",
            *versions,
            *(f"{name}={os.environ[name]}" for name in noted),
        ]
    )


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """Return the smallest and the largest value, as text."""
    return f"{min(values):.3g}-{max(values):.3g}"
