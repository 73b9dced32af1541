"""A catalog of images without pictures, whose metadata is as mixed as people's tables are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from lookalike.catalog import Catalog, NewImage

NAMES = ["tiger cat", "Egyptian cat", "coffee mug", "running shoe"]

PRICES: list[Any] = [5, 19.9, "19.90", "n/a", None, True, " 7 ", "1e2", "007", [5], "-3", ".5", ""]
CATEGORIES = ["shoe", "Shoe", "hat", "größe", "100%", "a_b", "a*b", "[x]", None, "it's", "鞋"]
TAKEN = ["2023-12-31", "2024-01-01", "2024-01-01T10:00:00", "2024-06", None]


def metadata(number: int) -> dict[str, Any]:
    """Return the columns of one image; some lack some of them."""
    own: dict[str, Any] = {
        "price": PRICES[number % len(PRICES)],
        "category": CATEGORIES[number % len(CATEGORIES)],
        "taken": TAKEN[number % len(TAKEN)],
        "size": "SML"[number % 3],
        "list price": number * 2.5,
        'quo"te\\': number % 4,
        "camera": {"iso": 100 * (number % 5), "lens": {"mm": number % 3}},
        "tags": ["red", "blue"][: number % 3],
        "sold": [True, False, "TRUE", "false", 1, 0, "maybe"][number % 7],
    }
    return dict(list(own.items())[: 9 - (number % 4)])


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Return sixty images in three folders."""
    with Catalog.open(tmp_path_factory.mktemp("filters") / "x", create=True) as made:
        generation = made.generation("tiny", space="semantic", dimensions=4, sha256="ab" * 32)
        vectors = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        stored = []
        for number in range(60):
            folder = ("/photos", "/photos/deep", "/photos2")[number % 3]
            stamp = datetime(2024, 1 + number % 12, 1 + number % 28, number % 24).timestamp()
            stored.append(
                NewImage(
                    uri=f"{folder}/{number}.jpg",
                    url=f"file://{folder}/{number}.jpg",
                    page_url=None if number % 2 else f"https://example.org/{number}",
                    size=None if number % 10 == 9 else number * 1000,
                    mtime_ns=int(stamp) * 10**9,
                    metadata=metadata(number),
                    content_hash=bytes(32),
                    perceptual_hash=0,
                    width=100 + number % 7,
                    height=103,
                    format=("JPEG", "PNG")[number % 2],
                    vector=vectors[number],
                    labels=[(number % 4, 0.5), ((number + 1) % 4, 0.25)][: number % 3],
                )
            )
        made.apply(generation.id, store=stored)
        yield made
