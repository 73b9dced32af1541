"""Hard negatives, and the batches that are built around them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.index import Plan
from lookalike.training.steps.mining import HardClassSampler, hard_negatives


def _on_a_circle(degrees: list[float]) -> NDArray[np.float32]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def _crowd(count: int, classes: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray]:
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    rows = random.normal(size=(classes, 8))[labels] + 0.7 * random.normal(size=(count, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def _slow(vectors: NDArray[np.float32], labels: NDArray, k: int) -> list[list[int]]:
    halves = vectors.astype(np.float16).astype(np.float32)
    result = []
    for row, vector in enumerate(vectors):
        others = [other for other in range(len(vectors)) if labels[other] != labels[row]]
        others.sort(key=lambda other: -float(halves[other] @ vector))
        result.append(others[:k])
    return result


def test_the_nearest_of_other_classes_come_first() -> None:
    found = hard_negatives(_on_a_circle([0, 5, 20, 60, 170]), ["a", "a", "b", "b", "c"], k=2)
    assert found.tolist() == [[2, 3], [2, 3], [1, 0], [1, 0], [3, 2]]


def test_a_place_without_a_negative_holds_minus_one() -> None:
    found = hard_negatives(_on_a_circle([0, 5, 20]), ["a", "a", "b"], k=2)
    assert found.tolist() == [[2, -1], [2, -1], [1, 0]]
    assert (hard_negatives(_on_a_circle([0, 5]), ["a", "a"], k=3) == -1).all()


def test_a_picture_deep_among_its_mates_still_finds_its_negatives() -> None:
    vectors = _on_a_circle([*np.linspace(0, 1, 700), 40.0, 41.0])
    labels = ["many"] * 700 + ["few"] * 2
    found = hard_negatives(vectors, labels, k=2)
    assert (found[:700] == [700, 701]).all()


def test_comparing_all_agrees_with_a_slow_loop() -> None:
    vectors, labels = _crowd(150, 9)
    found = hard_negatives(vectors, labels, k=5)
    scores = np.take_along_axis(vectors @ vectors.T, found, axis=1)
    expected = np.take_along_axis(vectors @ vectors.T, np.array(_slow(vectors, labels, 5)), axis=1)
    np.testing.assert_allclose(scores, expected, atol=1e-3)  # float16 may turn near ties round
    assert (labels[found] != labels[:, None]).all()


def test_lists_find_nearly_all_of_what_comparing_all_does() -> None:
    vectors, labels = _crowd(3000, 60)
    exact = hard_negatives(vectors, labels, k=5)
    listed = hard_negatives(vectors, labels, k=5, plan=Plan(exact_up_to=100))
    assert (labels[listed] != labels[:, None]).all()
    common = [len(set(one) & set(two)) for one, two in zip(exact, listed, strict=True)]
    assert np.mean(common) > 4.5


def test_what_makes_no_sense_is_refused() -> None:
    vectors = _on_a_circle([0, 90])
    with pytest.raises(UsageError, match="k is 0"):
        hard_negatives(vectors, ["a", "b"], k=0)
    with pytest.raises(UsageError, match="3 labels"):
        hard_negatives(vectors, ["a", "b", "c"], k=1)
    with pytest.raises(UsageError, match="finite"):
        hard_negatives(vectors * np.nan, ["a", "b"], k=1)
    with pytest.raises(UsageError, match="3 classes"):
        HardClassSampler(
            ["a", "b"], np.zeros((2, 1), np.int64), classes_per_batch=3, images_per_class=1
        )
    with pytest.raises(UsageError, match="mined is 2"):
        HardClassSampler(
            ["a", "b"],
            np.array([[1], [0]]),
            classes_per_batch=2,
            images_per_class=1,
            mined=2.0,
        )


@given(
    st.lists(st.integers(0, 7), min_size=2, max_size=50).filter(lambda found: len(set(found)) > 1),
    st.integers(2, 5),
    st.integers(1, 3),
    st.floats(0, 1),
    st.integers(0, 3),
)
def test_batches_hold_classes_times_images_and_an_epoch_every_class(
    labels: list[int], classes: int, images: int, mined: float, epoch: int
) -> None:
    classes = min(classes, len(set(labels)))
    angles = np.random.default_rng(0).uniform(0, 360, len(labels)).tolist()
    negatives = hard_negatives(_on_a_circle(angles), labels, k=3)

    def batches() -> list[NDArray[np.int64]]:
        return HardClassSampler(
            labels,
            negatives,
            classes_per_batch=classes,
            images_per_class=images,
            mined=mined,
            seed=1,
        ).batches(epoch)

    seen = set()
    for batch in batches():
        found, counts = np.unique(np.asarray(labels)[batch], return_counts=True)
        assert len(found) == classes
        assert (counts == images).all()
        seen |= set(found.tolist())
    assert seen == set(labels)
    for one, two in zip(batches(), batches(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_mined_batches_are_harder_than_drawn_ones() -> None:
    vectors, labels = _crowd(600, 60)
    negatives = hard_negatives(vectors, labels, k=5)

    def hardness(mined: float) -> float:
        sampler = HardClassSampler(
            labels, negatives, classes_per_batch=6, images_per_class=4, mined=mined
        )
        scores = []
        for batch in sampler.batches(0):
            other = labels[batch][:, None] != labels[batch][None]
            scores.append((vectors[batch] @ vectors[batch].T)[other].mean())
        return float(np.mean(scores))

    assert hardness(1.0) > hardness(0.5) + 0.02 > hardness(0.0) + 0.04
