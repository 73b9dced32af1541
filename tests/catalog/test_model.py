"""Any sequence of changes leaves the catalog as a dictionary would be left by it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lookalike.catalog import Catalog, KnownFailure, SourceFields

from .conftest import DIMENSIONS, new_image

URIS = st.sampled_from([f"/{letter}" for letter in "abcdefgh"])


class CatalogMachine(RuleBasedStateMachine):
    """``images`` maps uri to (image id, seed of the content); ids come from the catalog."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.catalog = Catalog.open(Path(self.folder.name), create=True)
        generation = self.catalog.generation(
            "tiny", space="semantic", dimensions=DIMENSIONS, sha256="ab"
        )
        self.generation = generation.id
        self.images: dict[str, tuple[int, int]] = {}
        self.failures: set[str] = set()
        self.vectors: dict[int, int] = {}
        self.sequence = 0

    def teardown(self) -> None:
        if hasattr(self, "catalog"):
            self.catalog.close()
            self.folder.cleanup()

    @rule(uris=st.lists(URIS, min_size=1, max_size=4), seed=st.integers(0, 5))
    def store(self, uris: list[str], seed: int) -> None:
        known = dict(self.images)
        self.catalog.apply(self.generation, store=[new_image(uri, seed) for uri in uris])
        for uri in uris:
            (image_id,) = self.catalog.find(uri)
            assert uri not in known or known[uri][0] == image_id
            self.images[uri] = (image_id, seed)
            self.failures.discard(uri)

    @rule(uri=URIS)
    def remove(self, uri: str) -> None:
        image_id, _ = self.images.pop(uri, (12345, 0))
        self.catalog.apply(self.generation, remove=[image_id])

    @rule(old=URIS, new=URIS)
    def rename(self, old: str, new: str) -> None:
        if old in self.images:
            image = self.images.pop(old)
            self.catalog.apply(self.generation, rename=[(image[0], SourceFields(new, ""))])
            self.images[new] = image
            self.failures.discard(new)

    @rule(first=URIS, second=URIS)
    def swap(self, first: str, second: str) -> None:
        if first != second and {first, second} <= self.images.keys():
            one, other = self.images[first], self.images[second]
            self.catalog.apply(
                self.generation,
                rename=[(one[0], SourceFields(second, "")), (other[0], SourceFields(first, ""))],
            )
            self.images[first], self.images[second] = other, one
            self.failures -= {first, second}

    @rule(old=URIS, new=URIS)
    def copy(self, old: str, new: str) -> None:
        if old in self.images:
            image_id, seed = self.images[old]
            self.catalog.apply(self.generation, copy=[(image_id, SourceFields(new, ""))])
            self.images[new] = (self.catalog.find(new)[0], seed)
            self.failures.discard(new)

    @rule(uri=URIS)
    def fail(self, uri: str) -> None:
        self.catalog.apply(self.generation, failed=[KnownFailure(uri, "X", "x", None, None, 0.0)])
        self.failures.add(uri)

    @invariant()
    def same_images(self) -> None:
        rows = self.catalog.iterate()
        assert {row.uri: row.image_id for row in rows} == {
            uri: image_id for uri, (image_id, _) in self.images.items()
        }
        for row in rows:
            seed = self.images[row.uri][1]
            assert row.content_hash == new_image("", seed).content_hash
            assert row.labels[0][0] == seed % 7
        assert {row.uri for row in self.catalog.failures()} == self.failures

    @invariant()
    def an_index_can_follow(self) -> None:
        last = max(self.vectors, default=0)
        changes = self.catalog.changes_after(self.generation, last, self.sequence, limit=100)
        assert not set(changes.vector_ids.tolist()) & set(self.vectors)
        self.sequence = changes.sequence
        pairs = zip(changes.vector_ids.tolist(), changes.image_ids.tolist(), strict=True)
        self.vectors.update(pairs)
        for vector_id in changes.deleted.tolist():
            self.vectors.pop(vector_id, None)
        assert sorted(self.vectors.values()) == sorted(i for i, _ in self.images.values())


CatalogMachine.TestCase.settings = settings(max_examples=10, stateful_step_count=20)
TestAnySequence = CatalogMachine.TestCase
