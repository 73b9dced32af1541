"""Filtered search in a million vectors: recall and latency for each share that a filter keeps.

    python benchmarks/search.py --keep /tmp/million
    python benchmarks/filters.py --keep /tmp/million

The library is the one that ``search.py`` has made and kept, which is only read. The filters are
texts, on the names of the files, which are numbers: each keeps images from all over the library.
Truth is an exact search among those images. Latency is of one query at a time, without encoding,
with the files in the memory of the operating system; the filter has been evaluated, as in all but
the first search with it. What evaluating it takes, and the first search after, is told apart.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.filters import Filters
from lookalike.index import LibraryIndex
from machine import describe
from search import K, log, read_files
from vectors import Vectors, split

_PAGE = 20_000
_SHARES = {
    "0.1 %": "name like '%777.jpg'",
    "1 %": "name like '%77.jpg'",
    "10 %": "name like '%7.jpg'",
    "50 %": " or ".join(f"name like '%{digit}.jpg'" for digit in "13579"),
}


def main() -> None:
    """Find the truth, search, print a line for each share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="vectors in the library")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", type=Path, required=True, help="the folder search.py was given")
    arguments = parser.parse_args()
    library = arguments.keep / f"{arguments.count}.lookalike"
    real = np.unique(np.load(arguments.keep / "features.npy"), axis=0)
    queries = split(real, 1000)[1][: arguments.queries]
    with Catalog.open(library, readonly=True) as catalog:
        (generation,) = catalog.generations()
        read_files(library)
        allowed = [evaluated(catalog, where) for where in _SHARES.values()]
        truth = neighbours(catalog, generation, queries, [ids for ids, _ in allowed])
        read_files(library)
        index = LibraryIndex(catalog, library, generation)
        index.search(queries[:1], K)
        for share, (ids, seconds), expected in zip(_SHARES, allowed, truth, strict=True):
            print(
                f"filters: {share} kept ({len(ids):,} of {catalog.count():,}): "
                f"{measured(index, queries, ids, expected)}; evaluated in {seconds * 1000:.0f} ms"
            )
    print(describe("faiss-cpu", "numpy", "sqlalchemy", "sqlglot"))


def evaluated(catalog: Catalog, where: str) -> tuple[NDArray[np.int64], float]:
    """Return the images that pass a filter, and how many seconds it took to find them."""
    filters = Filters(catalog, tuple)
    began = time.perf_counter()
    ids = filters.allowed(where)
    return ids, time.perf_counter() - began


def neighbours(
    catalog: Catalog, generation: Generation, queries: Vectors, allowed: list[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Return the ids of the true neighbours (queries, K) among each of some sets of images."""
    best = [
        (np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32))
        for _ in allowed
    ]
    after = 0
    while True:
        vector_ids, ids, vectors = catalog.vectors_after(generation.id, after, limit=_PAGE)
        if not len(vector_ids):
            return [found for found, _ in best]
        after = int(vector_ids[-1])
        scores = queries @ vectors.astype(np.float32).T
        for place, kept in enumerate(allowed):
            own = np.isin(ids, kept)
            found, values = best[place]
            among = np.broadcast_to(ids[own], (len(queries), int(own.sum())))
            found = np.concatenate([found, among], axis=1)
            values = np.concatenate([values, scores[:, own]], axis=1)
            order = np.argsort(-values, axis=1)[:, :K]
            best[place] = (
                np.take_along_axis(found, order, 1),
                np.take_along_axis(values, order, 1),
            )
        log(f"compared {after:,}")


def measured(
    index: LibraryIndex, queries: Vectors, ids: NDArray[np.int64], truth: NDArray[np.int64]
) -> str:
    """Return what searching among some images gives, in words."""
    began = time.perf_counter()
    index.search(queries[:1], K, allowed=ids)
    first = time.perf_counter() - began
    took, recalls = [], []
    for query, expected in zip(queries, truth, strict=True):
        began = time.perf_counter()
        (found,) = index.search(query[None], K, allowed=ids)
        took.append((time.perf_counter() - began) * 1000)
        recalls.append(len(set(found.image_ids.tolist()) & set(expected.tolist())) / K)
    p50, p95 = np.percentile(took, [50, 95])
    return (
        f"recall@{K} {np.mean(recalls):.4f}, p50 {p50:.1f} ms, p95 {p95:.1f} ms "
        f"({len(queries)} queries), first search {first * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
