"""Find out what this machine and this installation are: for ``lookalike doctor``."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = [
    "codecs",
    "disk_free",
    "memory_limit",
    "numpy_slowdowns",
    "processor",
    "runtimes",
    "versions",
]

_PACKAGES = (
    "numpy",
    "onnxruntime",
    "faiss-cpu",
    "sqlalchemy",
    "pillow",
    "pi-heif",
    "simplejpeg",
    "typer",
    "rich",
)
_FEATURES = {
    "avx2": "avx2",
    "avx512f": "avx512f",
    "avx512_vnni": "avx512_vnni",
    "avx_vnni": "avx_vnni",
    "amx_int8": "amx_int8",
    "asimd": "neon",
    "asimddp": "neon_dot",
    "i8mm": "neon_i8mm",
}


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of the packages that the work is done with."""
    import sqlite3

    import lookalike

    found: dict[str, str | None] = {
        "lookalike": lookalike.__version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def codecs() -> dict[str, bool]:
    """Return which picture formats beyond the common ones can be read."""
    from PIL import features

    return {
        "HEIC": _can_import("pi_heif"),
        "AVIF": bool(features.check("avif")),
        "WebP": bool(features.check("webp")),
        "JPEG 2000": bool(features.check("jpg_2000")),
        "TIFF with compression": bool(features.check("libtiff")),
    }


def _can_import(name: str) -> bool:
    from importlib import import_module

    try:
        import_module(name)
    except ImportError:
        return False
    return True


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, Any]:
    """Return the processor's name and which of the features that speed up 8-bit work it has."""
    name, flags = platform.processor() or platform.machine(), set[str]()
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in {"flags", "Features"}:
            flags.update(value.split())
    return {
        "name": name,
        "machine": platform.machine(),
        "features": [known for flag, known in _FEATURES.items() if flag in flags],
    }


def memory_limit() -> int | None:
    """Return the bytes of memory this process may use: the machine's, or its container's."""
    limits = []
    with suppress(AttributeError, OSError, ValueError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(int(Path(path).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return min(limits, default=None)


def runtimes() -> dict[str, Any]:
    """Return what runs the networks and the index, by what they say of themselves."""
    import faiss

    from lookalike.encoders.runtime import import_onnxruntime

    onnxruntime = import_onnxruntime()

    return {
        "onnxruntime": [name.removesuffix("ExecutionProvider") for name in _providers(onnxruntime)],
        "faiss": faiss.get_compile_options().split(),
    }


def _providers(onnxruntime: Any) -> list[str]:
    return list(onnxruntime.get_available_providers())


def numpy_slowdowns(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that make NumPy's matrix products slower, as NAME=value."""
    names = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GOTO_NUM_THREADS")
    return [f"{name}={environment[name]}" for name in names if environment.get(name)]


def disk_free(folder: Path) -> int | None:
    """Return the free bytes of the disk that a folder is on, or will be on."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            try:
                return shutil.disk_usage(place).free
            except OSError:
                return None
    return None
