"""Processors whose fast 8-bit kernels clip get the exact ones, with the same vectors."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import load_encoder, onnx_encoder, processor


@pytest.mark.parametrize(
    ("machine", "features", "expected"),
    [
        ("x86_64", "flags : avx2 avx512f avx512_vnni", False),
        ("x86_64", "flags : avx2 avx_vnni", False),
        ("AMD64", "flags : avx2 avx512f", True),
        ("x86_64", "flags : avx512_vnnix", True),
        ("aarch64", "Features : asimddp", False),
    ],
)
def test_features_decide(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str, features: str, expected: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(features)
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert processor.saturates() is expected


def test_unreadable_features_count_as_clipping(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "missing")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert processor.saturates() is True


def test_exact_kernels_give_the_same_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = np.random.default_rng(2).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    pictures = np.repeat(np.repeat(pictures[:, ::16, ::16], 16, axis=1), 16, axis=2)
    monkeypatch.setattr(onnx_encoder, "saturates", lambda: False)
    fast = load_encoder(threads=1).encode(pictures).vectors
    monkeypatch.setattr(onnx_encoder, "saturates", lambda: True)
    exact = load_encoder(threads=1).encode(pictures).vectors
    if processor.saturates():
        pytest.skip("this processor clips, so its fast kernels may differ")
    assert ((fast * exact).sum(axis=1) > 0.9999).all()
