"""Search in a million vectors: latency, recall, size and start, on one line.

    python benchmarks/search.py --keep /tmp/million

The vectors have the neighbourhoods of real pictures (see ``vectors.py``); the queries are pictures
held out. Truth is an exact search of the full float32 vectors. Latency is of one query at a time,
without encoding, scores from the full vectors included, with the files in the memory of the
operating system; what the first queries cost before they are is told apart. ``--keep`` names a
folder whose library is used again: building it takes the longest by far.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation, NewImage
from lookalike.index import LibraryIndex, Plan
from machine import describe
from picture_sets import default_root
from vectors import Vectors, crowd, encode_pictures, local_dimension, split

K = 10
_TRUE = 100
_BATCH = 1024
_PLANS = {
    "auto": Plan(),
    "exact": Plan(exact_up_to=10**9),
    "hnsw": Plan(exact_up_to=0, hnsw_up_to=10**9),
    "ivf": Plan(exact_up_to=0, hnsw_up_to=0),
}


def main() -> None:
    """Fill, build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="vectors in the library")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--kind", choices=sorted(_PLANS), default="auto")
    parser.add_argument("--keep", type=Path, help="build in this folder, or use what is there")
    parser.add_argument("--data", type=Path, default=default_root(), help="folder of pictures")
    parser.add_argument("--build-only", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.keep or Path(temporary)
        library = place / f"{arguments.count}.lookalike"
        if arguments.build_only:
            build(library, arguments.kind)
            return
        real = np.unique(encode_pictures(arguments.data, place / "features.npy"), axis=0)
        made_on, queries = split(real, arguments.queries)
        truth = place / f"{arguments.count}-{len(queries)}-truth.npz"
        fill(library, truth, made_on, queries, arguments.count)
        measure(arguments.kind, library, truth, queries, place)


def fill(library: Path, truth: Path, real: Vectors, queries: Vectors, count: int) -> None:
    """Store the vectors and note the true neighbours of the queries, unless that is done."""
    with Catalog.open(library, create=True) as catalog:
        generation = generation_of(catalog, real.shape[1])
        present = catalog.count()
        if present == count and truth.exists():
            return
        done = 0
        ids = np.zeros((len(queries), 0), dtype=np.int64)
        scores = np.zeros((len(queries), 0), dtype=np.float32)
        for vectors in crowd(real, count):
            names = np.arange(done + 1, done + len(vectors) + 1)  # the image ids they will get
            for start in range(max(0, present - done), len(vectors), _BATCH):
                store(catalog, generation, names[start : start + _BATCH], vectors[start:])
            done += len(vectors)
            ids = np.concatenate([ids, np.broadcast_to(names, (len(ids), len(names)))], axis=1)
            scores = np.concatenate([scores, queries @ vectors.T], axis=1)
            best = np.argsort(-scores, axis=1)[:, :_TRUE]
            ids, scores = (np.take_along_axis(table, best, 1) for table in (ids, scores))
            log(f"filled {done:,} of {count:,}")
        np.savez(truth, ids=ids, scores=scores)


def generation_of(catalog: Catalog, dimensions: int) -> Generation:
    """Return the one generation of the library."""
    return catalog.generation("real", space="semantic", dimensions=dimensions, sha256="0" * 64)


def store(
    catalog: Catalog, generation: Generation, names: NDArray[np.int64], vectors: Vectors
) -> None:
    """Store one batch as a pipeline would, with labels and metadata."""
    catalog.apply(
        generation.id,
        store=[
            NewImage(
                uri=f"/pictures/{name // 1000:06d}/{name:09d}.jpg",
                url=f"file:///pictures/{name // 1000:06d}/{name:09d}.jpg",
                page_url=None,
                size=100_000 + name,
                mtime_ns=1_700_000_000_000_000_000 + name,
                metadata={"name": f"picture {name}"},
                content_hash=int(name).to_bytes(32, "big"),
                perceptual_hash=name,
                width=1024,
                height=768,
                format="JPEG",
                vector=vector,
                labels=[(name % 1000, 0.5), ((name + 1) % 1000, 0.25), ((name + 2) % 1000, 0.125)],
            )
            for name, vector in zip(names.tolist(), vectors, strict=False)
        ],
    )


def build(library: Path, kind: str) -> None:
    """Build the index and write beside it what that cost."""
    with Catalog.open(library) as catalog:
        (generation,) = catalog.generations()
        index = LibraryIndex(catalog, library, generation, plan=_PLANS[kind])
        began = time.monotonic()
        status = index.rebuild(lambda progress: log(f"{progress.stage} {progress.done:,}"))
        cost = {
            "kind": status.kind,
            "seconds": time.monotonic() - began,
            "peak_bytes": peak_bytes(),
        }
    (library / "build.json").write_text(json.dumps(cost))


def peak_bytes() -> int:
    """Return the most memory this process has had resident.

    Not by ``getrusage``: that starts from what the process had which started this one.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("/proc/self/status does not tell the peak of memory.")


def measure(kind: str, library: Path, truth: Path, queries: Vectors, place: Path) -> None:
    """Build in a process of its own if need be, search, and print the line."""
    noted = library / "build.json"
    if not noted.exists() or kind not in ("auto", json.loads(noted.read_text())["kind"]):
        subprocess.run([sys.executable, *sys.argv, "--keep", place, "--build-only"], check=True)
    cost = json.loads(noted.read_text())
    with np.load(truth) as stored:
        true_ids, true_scores = stored["ids"], stored["scores"]
    with Catalog.open(library) as catalog:
        (generation,) = catalog.generations()
        index = LibraryIndex(catalog, library, generation, plan=_PLANS[kind])
        status = index.status()
        drop_files(library)
        cold, _ = ask(index, queries[-200:], true_ids[-200:])
        read_files(library)
        took, recalls = ask(index, queries, true_ids)
        began = time.perf_counter()
        index.search(queries, K)
        batch = (time.perf_counter() - began) / len(queries)
    starts = [start_cold(library, place, queries[0]) for _ in range(5)]
    opened = sorted(start["open"] for start in starts)[2]
    whole = sorted(start["whole"] for start in starts)[2]
    p50, p95 = np.percentile(took, [50, 95])
    print(
        f"search: p50 {p50:.2f} ms, p95 {p95:.2f} ms, recall@{K} {np.mean(recalls):.4f} "
        f"({len(queries)} queries, {status.vectors:,} × {generation.dimensions}, {status.kind}, "
        f"local dimension {local_dimension(true_scores):.0f}); in a batch {batch * 1000:.2f} ms "
        f"each; first queries from the disk {np.median(cold):.1f} ms; "
        f"index {status.bytes / 1e9:.3f} GB, catalog "
        f"{(library / 'catalog.sqlite').stat().st_size / 1e9:.2f} GB; cold open "
        f"{opened * 1000:.0f} ms (with imports and the first query {whole * 1000:.0f} ms); built "
        f"in {cost['seconds']:.0f} s, {cost['peak_bytes'] / 1e9:.2f} GB at peak; "
        f"{describe('faiss-cpu', 'numpy', 'sqlalchemy')}"
    )


def ask(
    index: LibraryIndex, queries: Vectors, truth: NDArray[np.int64]
) -> tuple[list[float], list[float]]:
    """Return the milliseconds and the recall of each query."""
    took, recalls = [], []
    for query, expected in zip(queries, truth, strict=True):
        began = time.perf_counter()
        (found,) = index.search(query[None], K)
        took.append((time.perf_counter() - began) * 1000)
        recalls.append(len(set(found.image_ids.tolist()) & set(expected[:K].tolist())) / K)
    return took, recalls


def files_of(library: Path) -> list[Path]:
    """Return the files that a search reads."""
    return [library / "catalog.sqlite", *(library / "index").iterdir()]


def drop_files(library: Path) -> None:
    """Let the operating system forget the files."""
    for path in files_of(library):
        with path.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_files(library: Path) -> None:
    """Let the operating system read the files."""
    for path in files_of(library):
        with path.open("rb") as stream:
            while stream.read(1 << 24):
                pass


_COLD = """
import sys, time
began = time.perf_counter()
import json
import numpy as np
from pathlib import Path
from lookalike.catalog import Catalog
from lookalike.index import LibraryIndex
from lookalike.index.engine import load_faiss
load_faiss()
imported = time.perf_counter()
with Catalog.open(Path(sys.argv[1])) as catalog:
    index = LibraryIndex(catalog, Path(sys.argv[1]), catalog.generations()[0])
    index.status()
    opened = time.perf_counter()
    index.search(np.load(sys.argv[2])[None], 10)
    print(json.dumps({"open": opened - imported, "whole": time.perf_counter() - began}))
"""


def start_cold(library: Path, place: Path, query: Vectors) -> dict[str, Any]:
    """Open the library in a new process, search once, and return the seconds that took."""
    file = place / "query.npy"
    np.save(file, query)
    command = [sys.executable, "-c", _COLD, str(library), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    times: dict[str, Any] = json.loads(done.stdout)
    return times


def log(text: str) -> None:
    """Tell how far the work has come, on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
