"""What the nearest neighbour scores, and whether it is right."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import UsageError
from lookalike.evaluation import nearest, nearest_answers


def circle(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_each_picture_asks_with_its_class_and_without_it() -> None:
    answers = nearest_answers(circle(0, 10, 50, 55), ["a", "a", "b", "b"])
    expected = np.cos(np.radians([10, 10, 5, 5, 50, 40, 40, 45]))
    np.testing.assert_allclose(answers.scores, expected)
    assert answers.matches.tolist() == [True] * 4 + [False] * 4
    assert answers.present.tolist() == [True] * 4 + [False] * 4
    assert answers.queries.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_a_stranger_may_be_nearer_than_the_match() -> None:
    answers = nearest_answers(circle(0, 30, 10, 90), ["a", "a", "b", "b"])
    assert answers.matches[:4].tolist() == [False, False, False, False]
    np.testing.assert_allclose(answers.scores[0], np.cos(np.radians(10)))


def test_pictures_without_another_of_their_class_do_not_ask() -> None:
    answers = nearest_answers(circle(0, 10, 50), ["a", "a", "b"])
    assert answers.queries.tolist() == [0, 1, 0, 1]
    assert len(nearest_answers(circle(0, 10), ["a", "b"]).scores) == 0
    assert len(nearest_answers(circle(0, 10), ["a", "a"]).scores) == 0
    assert len(nearest_answers(np.zeros((0, 2)), []).scores) == 0


def test_parts_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    vectors = circle(*random.random(50) * 360)
    labels = random.integers(0, 8, 50)
    whole = nearest_answers(vectors, labels)
    monkeypatch.setattr(nearest, "_QUERIES_AT_ONCE", 7)
    np.testing.assert_array_equal(nearest_answers(vectors, labels).scores, whole.scores)
    some = nearest_answers(vectors, labels, most=5)
    assert len(some.queries) == 10
    rows = np.searchsorted(whole.queries[: len(whole.queries) // 2], some.queries[:5])
    np.testing.assert_allclose(some.scores[:5], whole.scores[rows])


def test_labels_have_to_fit() -> None:
    with pytest.raises(UsageError, match="3 vectors and 2 labels"):
        nearest_answers(circle(0, 1, 2), ["a", "b"])
