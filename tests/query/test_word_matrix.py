"""The pictures of a library in the space of words: a cache that is never wrong."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation, NewImage
from lookalike.query.words import matrix as module
from lookalike.query.words.matrix import WordMatrix

DIMENSIONS = 8


def image(seed: int) -> NewImage:
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    uri = f"/{seed}.jpg"
    digest = hashlib.sha256(str(seed).encode()).digest()
    unit = vector / np.linalg.norm(vector)
    return NewImage(uri, uri, None, 1, 1, {}, digest, 0, 1, 1, "JPEG", unit)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "library", create=True) as opened:
        yield opened


@pytest.fixture
def generation(catalog: Catalog) -> Generation:
    return catalog.generation("tiny", space="semantic", dimensions=DIMENSIONS, sha256="ab" * 32)


@pytest.fixture(autouse=True)
def _save_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_TAIL", 4)


class Mapping:
    """Maps a vector to itself, and counts how many it mapped."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, vectors: NDArray[np.float16]) -> NDArray[np.float32]:
        self.count += len(vectors)
        return vectors.astype(np.float32)


def make(catalog: Catalog, generation: Generation, mapping: Mapping, key: str = "k") -> WordMatrix:
    folder = Path(catalog.path).parent / "words"
    return WordMatrix(catalog, generation, folder, pictures=mapping, dimensions=DIMENSIONS, key=key)


def expected(catalog: Catalog, generation: Generation, query: NDArray[np.float32]) -> dict:
    _, image_ids, vectors = catalog.vectors_after(generation.id, 0, limit=1000)
    return dict(zip(image_ids.tolist(), (vectors.astype(np.float32) @ query).tolist(), strict=True))


def check(matrix: WordMatrix, catalog: Catalog, generation: Generation) -> None:
    query = np.eye(DIMENSIONS, dtype=np.float32)[2]
    ids, scores = matrix.scores(query[None])
    truth = expected(catalog, generation, query)
    assert ids.tolist() == sorted(truth)
    np.testing.assert_allclose(scores[0], [truth[i] for i in sorted(truth)], atol=0.01)


def test_every_change_is_followed(catalog: Catalog, generation: Generation) -> None:
    matrix = make(catalog, generation, Mapping())
    check(matrix, catalog, generation)
    catalog.apply(generation.id, store=[image(seed) for seed in range(9)])
    check(matrix, catalog, generation)
    catalog.apply(generation.id, remove=catalog.find("/3.jpg"), store=[image(20)])
    check(matrix, catalog, generation)
    catalog.apply(generation.id, store=[image(5)])  # replaced: same image, another vector
    check(matrix, catalog, generation)


def test_a_second_opening_maps_only_what_is_new(catalog: Catalog, generation: Generation) -> None:
    catalog.apply(generation.id, store=[image(seed) for seed in range(9)])
    check(make(catalog, generation, Mapping()), catalog, generation)
    catalog.apply(generation.id, store=[image(30)], remove=catalog.find("/0.jpg"))
    again = Mapping()
    check(make(catalog, generation, again), catalog, generation)
    assert again.count <= 2  # the new one, and the last one to see whether the file belongs


def test_a_file_of_another_map_is_not_used(catalog: Catalog, generation: Generation) -> None:
    catalog.apply(generation.id, store=[image(seed) for seed in range(9)])
    check(make(catalog, generation, Mapping()), catalog, generation)
    other = Mapping()
    check(make(catalog, generation, other, key="other"), catalog, generation)
    assert other.count == 9


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_file_is_made_anew(
    catalog: Catalog, generation: Generation, damage: bytes | None
) -> None:
    catalog.apply(generation.id, store=[image(seed) for seed in range(9)])
    check(make(catalog, generation, Mapping()), catalog, generation)
    (file,) = (Path(catalog.path).parent / "words").glob("*.rows")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2] + b"x" if damage is None else damage)
    check(make(catalog, generation, Mapping()), catalog, generation)


def test_a_folder_that_cannot_be_written_costs_only_time(
    catalog: Catalog, generation: Generation
) -> None:
    (Path(catalog.path).parent / "words").write_text("in the way")
    catalog.apply(generation.id, store=[image(seed) for seed in range(9)])
    check(make(catalog, generation, Mapping()), catalog, generation)
