"""Catalogs of small vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.catalog import Catalog, Generation, NewImage

DIMENSIONS = 8


def new_image(uri: str, seed: int = 0, **values: Any) -> NewImage:
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    fields: dict[str, Any] = {
        "uri": uri,
        "url": f"file://{uri}",
        "page_url": None,
        "size": 1000 + seed,
        "mtime_ns": 1_700_000_000_000_000_000 + seed,
        "metadata": {},
        "content_hash": hashlib.sha256(str(seed).encode()).digest(),
        "perceptual_hash": -seed,
        "width": 640,
        "height": 480,
        "format": "JPEG",
        "vector": vector / np.linalg.norm(vector),
        "labels": [(seed % 7, 0.75), (9, 0.125)],
    }
    return NewImage(**(fields | values))


@pytest.fixture
def make_image() -> Callable[..., NewImage]:
    """Return the function that makes an image from a uri and a seed."""
    return new_image


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Return an empty catalog in ``tmp_path / "library"``."""
    with Catalog.open(tmp_path / "library", create=True) as opened:
        yield opened


@pytest.fixture
def generation(catalog: Catalog) -> Generation:
    """Return the one generation of the catalog."""
    return catalog.generation("tiny", space="semantic", dimensions=DIMENSIONS, sha256="ab" * 32)
