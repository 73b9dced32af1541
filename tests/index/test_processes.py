"""One process reads while another changes the library and replaces its snapshot."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import DIMENSIONS, PLANS, SMALL, Shelf, clusters

_READ = """
import sys
import numpy as np
from pathlib import Path
from lookalike.catalog import Catalog
from lookalike.index import LibraryIndex, Plan

folder, plan = Path(sys.argv[1]), Plan(**eval(sys.argv[2]))
kept = np.load(sys.argv[3])
with Catalog.open(folder, readonly=True) as catalog:
    index = LibraryIndex(catalog, folder, catalog.generations()[0], plan=plan)
    print("ready", flush=True)
    rounds = 0
    while not (folder / "stop").exists():
        for number, found in enumerate(index.search(kept, 2)):
            assert found.image_ids[0] == number + 1, (number, found)
            assert found.scores[0] > 0.999, found
        rounds += 1
    status = index.status()
    print(rounds, status.kind, status.vectors, status.tail, status.problem)
"""

_REBUILD = """
import sys
from pathlib import Path
from lookalike.catalog import Catalog
from lookalike.index import LibraryIndex, Plan

folder, plan = Path(sys.argv[1]), Plan(**eval(sys.argv[2]))
with Catalog.open(folder) as catalog:
    index = LibraryIndex(catalog, folder, catalog.generations()[0], plan=plan)
    while True:
        index.rebuild()
        print("rebuilt", flush=True)
"""


def arguments(kind: str) -> dict[str, int]:
    return {
        "exact": {},
        "hnsw": {"exact_up_to": 0, **SMALL},
        "ivf": {"exact_up_to": 0, "hnsw_up_to": 0, **SMALL},
    }[kind]


@pytest.mark.parametrize("kind", list(PLANS))
def test_a_reader_is_right_while_snapshots_are_replaced_under_it(
    shelf: Shelf, tmp_path: Path, kind: str
) -> None:
    import numpy as np

    kept = clusters(20)
    np.save(tmp_path / "kept.npy", kept)
    shelf.put(np.concatenate([kept, clusters(400, seed=1)]))
    index = shelf.index(PLANS[kind])
    index.rebuild()
    reader = subprocess.Popen(
        [
            *(sys.executable, "-c", _READ, str(shelf.folder), repr(arguments(kind))),
            str(tmp_path / "kept.npy"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for turn in range(6):
        shelf.put(clusters(10, seed=10 + turn), range(1000 + 10 * turn, 1010 + 10 * turn))
        shelf.remove(range(100 + 20 * turn, 120 + 20 * turn))
        index.rebuild(grow=turn % 2 == 0)
    shelf.put(clusters(3, seed=50), range(5000, 5003))
    (shelf.folder / "stop").touch()
    output, errors = reader.communicate(timeout=300)
    assert reader.returncode == 0, errors
    status = index.status()
    rounds, *rest = output.split()
    assert int(rounds) > 0
    assert rest == [kind, str(status.vectors), "3", "None"]
    assert len(list((shelf.folder / "index").glob("*.ids"))) == 1


def test_a_rebuild_that_is_killed_does_no_harm(shelf: Shelf) -> None:
    vectors = clusters(800)
    shelf.put(vectors)
    assert vectors.shape[1] == DIMENSIONS
    index = shelf.index(PLANS["hnsw"])
    index.rebuild()
    for milliseconds in (5, 80):
        process = subprocess.Popen(
            [sys.executable, "-c", _REBUILD, str(shelf.folder), repr(arguments("hnsw"))],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()  # one is done, the next is under way
        try:
            process.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        status = index.status()
        assert (status.kind, status.vectors, status.problem) == ("hnsw", 800, None)
        assert index.search(vectors[7:8], 1)[0].image_ids.tolist() == [8]
    index.rebuild()
    assert len(list((shelf.folder / "index").glob("*.ids"))) == 1
