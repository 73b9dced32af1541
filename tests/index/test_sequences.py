"""Any sequence of changes, rebuilds and openings leaves searches as a dictionary would answer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lookalike.catalog import SourceFields

from .conftest import PLANS, Shelf, Vectors, clusters

POOL = clusters(40, seed=77)
QUERY = clusters(1, seed=78)
NAMES = st.integers(0, 15)
VECTORS = st.integers(0, 39)


class IndexMachine(RuleBasedStateMachine):
    """``rows`` maps a name to the number of its vector in the pool."""

    @initialize(kind=st.sampled_from(list(PLANS)), start=st.lists(VECTORS, max_size=30))
    def begin(self, kind: str, start: list[int]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.shelf = Shelf(Path(self.folder.name))
        self.kind = kind
        self.rows: dict[int, int] = {}
        self.index = self.shelf.index(PLANS[kind])
        self.store(dict(enumerate(start)))
        self.index.rebuild()

    def teardown(self) -> None:
        if hasattr(self, "shelf"):
            self.shelf.catalog.close()
            self.folder.cleanup()

    @rule(changes=st.dictionaries(NAMES, VECTORS, min_size=1, max_size=5))
    def store(self, changes: dict[int, int]) -> None:
        if changes:
            self.shelf.put(POOL[list(changes.values())], list(changes))
            self.rows |= changes

    @rule(names=st.lists(NAMES, max_size=5))
    def remove(self, names: list[int]) -> None:
        self.shelf.remove(names)
        for name in names:
            self.rows.pop(name, None)

    @rule(old=NAMES, new=NAMES)
    def rename(self, old: int, new: int) -> None:
        if old in self.rows:
            ids = self.shelf.catalog.find(f"/{old}")
            moved = [(image_id, SourceFields(f"/{new}", "")) for image_id in ids]
            self.shelf.catalog.apply(self.shelf.generation.id, rename=moved)
            self.rows[new] = self.rows.pop(old)

    @rule(old=NAMES, new=NAMES)
    def copy(self, old: int, new: int) -> None:
        if old in self.rows:
            ids = self.shelf.catalog.find(f"/{old}")
            copied = [(image_id, SourceFields(f"/{new}", "")) for image_id in ids]
            self.shelf.catalog.apply(self.shelf.generation.id, copy=copied)
            self.rows[new] = self.rows[old]

    @rule(grow=st.booleans())
    def rebuild(self, grow: bool) -> None:
        self.index.rebuild(grow=grow)
        assert self.index.status().tail == 0

    @rule()
    def open_again(self) -> None:
        self.index = self.shelf.index(PLANS[self.kind])

    @invariant()
    def same_answers(self) -> None:
        (found,) = self.index.search(QUERY, 5)
        known = self.shelf.catalog.images(found.image_ids.tolist())
        names = [int(known[image_id].uri[1:]) for image_id in found.image_ids.tolist()]
        assert len(set(names)) == len(names) == min(5, len(self.rows))
        scores = {name: _score(POOL[number]) for name, number in self.rows.items()}
        best = sorted(scores.values(), reverse=True)[:5]
        np.testing.assert_allclose(found.scores, best, atol=1e-6)
        np.testing.assert_allclose(found.scores, [scores[name] for name in names], atol=1e-6)
        status = self.index.status()
        assert status.vectors - status.deleted + status.tail == len(self.rows)


def _score(vector: Vectors) -> float:
    return float(vector.astype(np.float16).astype(np.float64) @ QUERY[0].astype(np.float64))


IndexMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=15)
TestAnySequence = IndexMachine.TestCase
