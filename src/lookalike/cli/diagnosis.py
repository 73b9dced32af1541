"""``lookalike doctor`` and ``lookalike models``."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from lookalike.errors import LibraryNotFoundError, LookalikeError

from .console import clean, out, print_json

__all__ = ["run_doctor", "run_models"]

_PACKAGES = (
    *("numpy", "pillow", "pi-heif", "simplejpeg", "onnxruntime", "faiss-cpu", "sqlalchemy"),
    *("arro3-io", "typer", "rich", "scikit-image", "scikit-learn", "torch"),
)
_FEATURES = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "sha_ni", "asimd")


def run_doctor(library: Path | None, *, json: bool) -> int:
    """Print what was found; 1 when something is wrong."""
    report: dict[str, Any] = {
        "versions": _versions(),
        "processor": _processor(),
        "runtime": _runtime(),
        "settings": _settings(),
        "library": _library(library),
    }
    problems = [problem for part in report.values() for problem in part.pop("problems", ())]
    report["problems"] = problems
    if json:
        print_json(report)
        return 1 if problems else 0
    for title, part in report.items():
        if title == "problems":
            continue
        out().print(title, style="bold")
        for name, value in part.items():
            out().print(clean(f"  {name:20} {value}"), soft_wrap=True)
    for problem in problems:
        out().print(clean(f"wrong: {problem}"), style="red", soft_wrap=True)
    if not problems:
        out().print("All is well.", style="green")
    return 1 if problems else 0


def run_models(*, json: bool) -> int:
    """Print the cards of the models."""
    import lookalike

    cards = lookalike.models()
    if json:
        print_json(
            [
                {
                    "name": card.name,
                    "space": card.space,
                    "dimensions": card.dimensions,
                    "input_size": card.input_size,
                    "licence": card.licence,
                    "source": card.source,
                    "training_data": card.training_data,
                    "sha256": card.sha256,
                    "bytes": card.model_path.stat().st_size,
                    "quality": dict(card.quality),
                    "description": card.description,
                }
                for card in cards
            ]
        )
        return 0
    for card in cards:
        size = card.model_path.stat().st_size / 1e6
        out().print(card.name, style="bold")
        out().print(f"  {card.description}")
        out().print(f"  space {card.space}, {card.dimensions} dimensions, {size:.1f} MB")
        out().print(f"  licence {card.licence}; {card.source}")
    return 0


def _versions() -> dict[str, Any]:
    import lookalike

    found = {
        "lookalike": lookalike.__version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found: dict[str, Any] = {"machine": platform.machine(), "cores": cores}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                found["name"] = value.strip()
            elif name.strip() in {"flags", "Features"}:
                flags = set(value.split())
                found["features"] = " ".join(flag for flag in _FEATURES if flag in flags)
                break
    return found


def _runtime() -> dict[str, Any]:
    import onnxruntime
    from PIL import features

    found: dict[str, Any] = {
        "onnxruntime providers": ", ".join(onnxruntime.get_available_providers()),
        "formats": ", ".join(
            ["JPEG", "PNG", "GIF", "BMP", "TIFF"]
            + [name for name in ("webp", "avif") if features.check(name)]
            + ["HEIC"]
        ),
    }
    slowing = [name for name in os.environ if name.startswith("OPENBLAS_")]
    if slowing:
        found["slows NumPy"] = ", ".join(f"{name}={os.environ[name]}" for name in slowing)
    return found


def _settings() -> dict[str, Any]:
    from lookalike.settings import load_settings, settings_path

    path = settings_path()
    found: dict[str, Any] = {"file": f"{path}" + ("" if path.exists() else " (none)")}
    try:
        settings = load_settings()
    except LookalikeError as error:
        return found | {"problems": [str(error)]}
    found["workers"] = settings.workers or "one for each core"
    return found


def _library(path: Path | None) -> dict[str, Any]:
    import lookalike

    try:
        with lookalike.open(path, create=False) as library:
            status = library.index_status()
            return {
                "path": str(library.path),
                "images": len(library),
                "index": f"{status.kind}, {status.vectors} vectors, {status.tail} in the tail",
                "free on disk": f"{shutil.disk_usage(library.path).free / 1e9:.1f} GB",
                "problems": library.check(),
            }
    except LibraryNotFoundError as error:
        if path is None:
            return {"path": "none yet; make one with: lookalike index FOLDER"}
        return {"path": str(path), "problems": [str(error)]}
    except LookalikeError as error:
        return {"path": str(path), "problems": [str(error)]}
