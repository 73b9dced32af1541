"""A million events in, and recommendations out of a million pictures.

    python benchmarks/recommendation_speed.py /tmp/million/1000000.lookalike

The library is one that ``search.py --keep /tmp/million`` has made; its catalog and index are
copied to a temporary folder first. 50,000 users follow tastes (pictures near to each other) or
what is popular; their 1,000,000 events are written to a CSV file, imported, learned from, and
lists of ten are then made for users one by one, with the files in the memory of the system.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from lookalike.catalog import Catalog
from lookalike.index import LibraryIndex
from lookalike.recommendation.event_tables import EventColumns
from lookalike.recommendation.for_user import ForUser
from lookalike.recommendation.importing import import_events
from machine import describe

_USERS = 50_000
_POPULAR = 20_000


def main() -> None:
    """Copy, import, learn, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path, help="made by search.py")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--own", action="store_true", help="work in the library itself")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.library
        if not arguments.own:
            folder = Path(temporary) / "library"
            folder.mkdir()
            shutil.copyfile(arguments.library / "catalog.sqlite", folder / "catalog.sqlite")
            shutil.copytree(arguments.library / "index", folder / "index")
        with Catalog.open(folder) as catalog:
            measure(catalog, folder, Path(temporary), arguments.events, arguments.queries)


def measure(catalog: Catalog, folder: Path, temporary: Path, events: int, queries: int) -> None:
    """Print seconds of import and learning, and milliseconds of a list."""
    (generation,) = catalog.generations()
    table = temporary / "events.csv"
    write_events(table, catalog.count(), events)
    began = time.monotonic()
    report = import_events(
        catalog, table, columns=EventColumns(), match=None, kind="view", kinds={}
    )
    imported = time.monotonic() - began
    parts = SimpleNamespace(generation=generation, index=LibraryIndex(catalog, folder, generation))
    served = ForUser(catalog, cast(Any, lambda: parts), folder)
    began = time.monotonic()
    note = served.learn()
    learned = time.monotonic() - began
    print(describe("numpy", "faiss-cpu", "sqlalchemy"), f"load {os.getloadavg()[0]:.1f}")
    print(f"pictures {catalog.count():,}, events {report.added:,} of {report.users:,} users")
    print(f"import {imported:.1f} s, learning {learned:.1f} s")
    print("as learned:", note.weights)
    ask(served, queries)
    mixed = dict.fromkeys(note.weights, 0.3) | {"content": 0.4}
    path = folder / "recommend" / "learned.json"
    path.write_text(json.dumps(note.to_dict() | {"weights": mixed}))
    print("with all that was fitted, and content:", mixed)
    ask(ForUser(catalog, cast(Any, lambda: parts), folder), queries)


def ask(served: ForUser, queries: int) -> None:
    """Make lists for users and print what one took."""
    times, sizes = [], []
    random = np.random.default_rng(3)
    for number, user in enumerate(random.integers(0, _USERS, queries + 20).tolist()):
        began = time.perf_counter()
        found = served.serve(f"user {user}", 10, diversity=0.0, explore=0.0, seed=0)
        if number >= 20:  # the first ones open files
            times.append(1000 * (time.perf_counter() - began))
            sizes.append(len(found.rows))
    p50, p90, p99 = np.percentile(times, [50, 90, 99])
    print(f"list of ten: p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms; all {min(sizes)}")


def write_events(path: Path, pictures: int, events: int) -> None:
    """Write events of users who each follow a few regions of ids, and what is popular."""
    random = np.random.default_rng(1)
    users = random.integers(0, _USERS, events)
    regions = random.integers(1, pictures - 100, (_USERS, 3))
    own = regions[users, random.integers(0, 3, events)] + random.integers(0, 100, events)
    popular = np.minimum((random.pareto(1.0, events) * 50).astype(np.int64), _POPULAR) + 1
    items = np.where(random.random(events) < 0.5, own, np.minimum(popular, pictures))
    kinds = random.choice(["view", "like", "save", "buy"], events, p=[0.7, 0.15, 0.1, 0.05])
    times = 1_700_000_000 + np.arange(events)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user", "image", "kind", "time"])
        for user, item, kind, when in zip(
            users.tolist(), items.tolist(), kinds.tolist(), times.tolist(), strict=True
        ):
            writer.writerow(
                [f"user {user}", f"/pictures/{item // 1000:06d}/{item:09d}.jpg", kind, when]
            )


if __name__ == "__main__":
    main()
