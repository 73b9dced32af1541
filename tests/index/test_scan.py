"""The exact search and what it stands on."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lookalike.index.scan import Block, Ranked, merge, scan, widen


def test_widening_is_exact_for_every_finite_value() -> None:
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    wide = widen(finite)
    np.testing.assert_array_equal(wide, finite.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(wide), np.signbit(finite))


@given(
    sizes=st.lists(st.integers(0, 700), min_size=1, max_size=12),
    k=st.integers(1, 40),
    queries=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_scanning_blocks_gives_the_best_of_all(
    sizes: list[int], k: int, queries: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(sum(sizes), 6)).astype(np.float16)
    alive = generator.random(sum(sizes)) < 0.9
    ids = np.arange(1, sum(sizes) + 1)
    blocks, start = [], 0
    for size in sizes:
        part = slice(start, start + size)
        blocks.append(Block(ids[part], ids[part] * 2, vectors[part], alive[part]))
        start += size
    asked = generator.normal(size=(queries, 6)).astype(np.float32)
    for query, found in zip(asked, scan(blocks, asked, k), strict=True):
        scores = vectors.astype(np.float64) @ query.astype(np.float64)
        best = np.sort(scores[alive])[::-1][:k]
        np.testing.assert_allclose(np.sort(found.scores)[::-1], best, atol=1e-4)
        np.testing.assert_allclose(found.scores, scores[found.vector_ids - 1], atol=1e-4)
        np.testing.assert_array_equal(found.image_ids, found.vector_ids * 2)
        assert alive[found.vector_ids - 1].all()


def ranked(*rows: tuple[int, int, float]) -> Ranked:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Ranked(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.float32),
    )


def test_merging_orders_by_score_then_image() -> None:
    found = merge([ranked((1, 30, 0.5), (2, 10, 0.5)), ranked((3, 20, 0.75))], 3)
    assert found.image_ids.tolist() == [20, 10, 30]


def test_merging_takes_the_newest_vector_of_an_image() -> None:
    found = merge([ranked((1, 7, 0.9), (2, 8, 0.5)), ranked((3, 7, 0.1))], 5)
    assert found.image_ids.tolist() == [8, 7]
    np.testing.assert_allclose(found.scores, [0.5, 0.1])


def test_scores_stay_cosines_when_rounding_carries_them_over_one() -> None:
    found = merge([ranked((1, 1, 1.0004), (2, 2, -1.0004))], 5)
    assert found.scores.tolist() == [1.0, -1.0]


def test_merging_nothing_gives_nothing() -> None:
    assert len(merge([], 3)) == 0


def test_searching_a_small_library_does_not_load_faiss() -> None:
    code = """
import sys, tempfile
import numpy as np
from pathlib import Path
from lookalike.catalog import Catalog, NewImage
from lookalike.index import LibraryIndex
with tempfile.TemporaryDirectory() as name, Catalog.open(Path(name), create=True) as catalog:
    generation = catalog.generation("m", space="s", dimensions=8, sha256="0")
    image = NewImage("/a", "", None, 1, 1, {}, bytes(32), 0, 1, 1, "PNG", np.ones(8), [])
    catalog.apply(generation.id, store=[image])
    index = LibraryIndex(catalog, Path(name), generation)
    index.rebuild()
    print(len(index.search(np.ones((1, 8)), 3)[0]), "faiss" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 False\n"
