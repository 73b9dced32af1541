"""Contents give the same vectors, whoever keeps them."""

from __future__ import annotations

import numpy as np

import lookalike
from lookalike.recommendation.content import Content, MatrixContent, Remembered


class Counting:
    """Counts the vectors that are asked for."""

    def __init__(self, content: Content) -> None:
        self._content, self.asked = content, 0

    def vectors(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.asked += len(items)
        return self._content.vectors(items)

    def nearest(self, queries: np.ndarray, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        return self._content.nearest(queries, k)

    def nearby(self, queries: np.ndarray, k: int) -> np.ndarray:
        return self._content.nearby(queries, k)


def test_remembering_changes_nothing_and_asks_once() -> None:
    random = np.random.default_rng(0)
    matrix = MatrixContent(np.arange(0, 60, 3), random.normal(size=(20, 4)))
    counting = Counting(matrix)
    remembered = Remembered(counting)
    for _ in range(30):
        items = random.integers(0, 60, random.integers(0, 9))
        found, vectors = remembered.vectors(items)
        wanted, expected = matrix.vectors(items)
        assert found.tolist() == wanted.tolist()
        assert vectors.tolist() == expected.tolist()
    assert counting.asked <= 60
    queries = random.normal(size=(1, 4)).astype(np.float32)
    assert (
        remembered.nearest(queries, 3)[0][0].tolist() == matrix.nearest(queries, 3)[0][0].tolist()
    )
    assert remembered.nearby(queries, 3).tolist() == sorted(matrix.nearest(queries, 3)[0][0])


def test_a_library_gives_the_vectors_of_its_images(library: lookalike.Library) -> None:
    from lookalike.recommendation.content import LibraryContent

    parts = library.session.now()
    content = LibraryContent(library.session.catalog, parts.index, parts.generation)
    found, vectors = content.vectors(np.array([5, 2, 999, 2]))
    assert found.tolist() == [2, 5]
    assert np.linalg.norm(vectors, axis=1).round(3).tolist() == [1.0, 1.0]
    (near, scores), *_ = content.nearest(vectors[:1], 3)
    assert near[0] == 2
    assert scores[0] > 0.999
    assert set(near.tolist()) <= set(content.nearby(vectors[:1], 3).tolist())
