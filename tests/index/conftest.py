"""Libraries of vectors without pictures, and the slow search that every index is judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.catalog import Catalog, Generation, NewImage, reading
from lookalike.index import LibraryIndex, Plan
from lookalike.index.engine import load_faiss

DIMENSIONS = 64

SMALL = {
    "code_dimensions": 56,
    "sample": 2000,
    "candidates": 60,
    "read_first": 10,
    "effort": 100,
    "care": 40,
    "probes": 16,
}
PLANS = {
    "exact": Plan(),
    "hnsw": Plan(exact_up_to=0, **SMALL),
    "ivf": Plan(exact_up_to=0, hnsw_up_to=0, **SMALL),
}

Vectors = np.ndarray[Any, np.dtype[np.float32]]


def normalized(vectors: np.ndarray[Any, Any]) -> Vectors:
    found: Vectors = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return found


def clusters(count: int, seed: int = 0) -> Vectors:
    """Return vectors around forty centres, spread in 24 of their 64 directions."""
    generator = np.random.default_rng(seed)
    directions = np.random.default_rng(99).normal(size=(24, DIMENSIONS))
    centres = np.random.default_rng(98).normal(size=(40, 24))
    inner = centres[generator.integers(0, 40, count)] + generator.normal(size=(count, 24)) * 0.5
    return normalized(inner @ directions + generator.normal(size=(count, DIMENSIONS)) * 0.05)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Keep FAISS to one thread: for so few vectors, more wait for each other for longer."""
    load_faiss().omp_set_num_threads(1)


class Shelf:
    """A library folder with a catalog, whose images are named by numbers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = Catalog.open(folder, create=True)
        self._version = -1
        self.generation: Generation = self.catalog.generation(
            "tiny", space="semantic", dimensions=DIMENSIONS, sha256="ab" * 32
        )

    def index(self, plan: Plan | None = None) -> LibraryIndex:
        return LibraryIndex(self.catalog, self.folder, self.generation, plan=plan)

    def put(self, vectors: Vectors, names: Sequence[int] | None = None) -> None:
        """Store images named by numbers: the next ones where none are given."""
        first = self.catalog.count()
        names = range(first, first + len(vectors)) if names is None else names
        images = [
            NewImage(f"/{name}", "", None, 1, 1, {}, bytes(32), 0, 1, 1, "PNG", vector)
            for name, vector in zip(names, vectors, strict=True)
        ]
        self.catalog.apply(self.generation.id, store=images)

    def remove(self, names: Sequence[int]) -> None:
        with self.catalog.reading() as connection:
            known = reading.known(connection, [f"/{name}" for name in names])
        self.catalog.apply(self.generation.id, remove=[row.image_id for row in known.values()])

    def exact(self, query: Vectors, k: int) -> dict[int, float]:
        """Return image id to score of the best, by comparing all in float64."""
        version = self.catalog.data_version()
        if version != self._version:
            _, images, vectors = self.catalog.vectors_after(self.generation.id, 0, limit=10**9)
            self._version, self._images, self._vectors = version, images, vectors.astype(float)
        scores = np.clip(self._vectors @ query.astype(float), -1.0, 1.0)
        order = np.lexsort((self._images, -scores))[:k]
        return dict(zip(self._images[order].tolist(), scores[order].tolist(), strict=True))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Return an empty library."""
    made = Shelf(tmp_path / "library")
    yield made
    made.catalog.close()


@pytest.fixture
def make_shelf() -> Callable[[Path], Shelf]:
    """Return the function that makes a library in a folder."""
    return Shelf
