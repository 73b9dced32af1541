"""Metrics of ranked galleries: hand-computed cases, a slow reference, ties and shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lookalike import UsageError
from lookalike.evaluation import (
    map_at_r,
    r_precision,
    rank_gallery,
    rank_leave_one_out,
    rank_scores,
    ranking,
    recall_at_k,
)

# ranked 1 0 1 0 0 1 0 0 0 1: the ranking on which "mAP" is five different numbers
RANKED = [[True, False, True, False, False, True, False, False, False, True]]
FALLING = [[10.0 - i for i in range(10)]]


def circle(degrees: list[float]) -> np.ndarray:
    radians = np.deg2rad(np.asarray(degrees))
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_hand_computed_ranking() -> None:
    ranked = rank_scores(FALLING, RANKED)
    assert ranked.totals.tolist() == [4]
    assert recall_at_k(ranked, 1).tolist() == [1.0]
    assert r_precision(ranked).tolist() == [2 / 4]
    assert map_at_r(ranked).tolist() == pytest.approx([(1 / 1 + 2 / 3) / 4])


def test_recall_counts_the_first_k_only() -> None:
    ranked = rank_scores([[3.0, 2.0, 1.0]], [[False, False, True]])
    assert [recall_at_k(ranked, k).item() for k in (1, 2, 3)] == [0.0, 0.0, 1.0]


def test_angles_on_a_circle_leave_one_out() -> None:
    # a at 0 and 10 degrees, b at 25 and 70: b at 25 is nearest to a at 10
    ranked = rank_leave_one_out(circle([0, 10, 25, 70]), ["a", "a", "b", "b"])
    assert recall_at_k(ranked, 1).tolist() == [1.0, 1.0, 0.0, 1.0]
    assert map_at_r(ranked).tolist() == [1.0, 1.0, 0.0, 1.0]


def test_angles_on_a_circle_query_to_gallery() -> None:
    ranked = rank_gallery(circle([0, 90]), ["a", "b"], circle([5, 40, 80]), ["a", "b", "a"])
    assert ranked.totals.tolist() == [2, 1]
    assert recall_at_k(ranked, 1).tolist() == [1.0, 0.0]
    assert r_precision(ranked).tolist() == [0.5, 0.0]
    assert map_at_r(ranked).tolist() == [0.5, 0.0]


def test_nothing_to_find_is_nan() -> None:
    ranked = rank_leave_one_out(circle([0, 10, 90]), ["a", "a", "alone"])
    for values in (recall_at_k(ranked, 1), r_precision(ranked), map_at_r(ranked)):
        assert np.isnan(values).tolist() == [False, False, True]


def test_a_constant_score_wins_nothing() -> None:
    same = np.ones((6, 3), np.float32)
    ranked = rank_leave_one_out(same, ["a", "a", "a", "b", "b", "b"])
    assert np.nansum(recall_at_k(ranked, 1)) == 0.0
    assert np.nansum(map_at_r(ranked)) == 0.0
    constant = rank_scores(np.zeros((1, 4)), [[True, False, True, False]])
    assert constant.relevant.tolist() == [[False, False, True, True]]


def test_negative_and_signed_zero_scores_rank_like_any_other() -> None:
    axis = np.array([[1.0]], np.float32)
    gallery = np.array([[-0.5], [-0.0], [0.0], [-2.0]], np.float32)
    ranked = rank_gallery(axis, ["a"], gallery, ["b", "a", "b", "a"])
    assert ranked.relevant.tolist() == [[False, True, False, True]]


def test_an_item_is_never_its_own_neighbour() -> None:
    vectors = circle([0, 90, 180])
    ranked = rank_leave_one_out(vectors, ["a", "b", "c"])
    assert ranked.relevant.shape == (3, 2)
    assert not ranked.relevant.any()


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(83, 6)).astype(np.float32)
    labels = random.integers(0, 9, 83)
    whole = rank_leave_one_out(vectors, labels)
    monkeypatch.setattr(ranking, "_CHUNK_SCORES", 200)
    parts = rank_leave_one_out(vectors, labels)
    assert np.array_equal(whole.relevant, parts.relevant)
    assert np.array_equal(whole.totals, parts.totals)


def slow_map_at_r(scores: np.ndarray, relevant: np.ndarray) -> float:
    places = sorted(range(len(scores)), key=lambda i: (-scores[i], relevant[i]))
    total = int(relevant.sum())
    hits, value = 0, 0.0
    for place, index in enumerate(places[:total], start=1):
        if relevant[index]:
            hits += 1
            value += hits / place
    return value / total


@given(
    arrays.arrays(np.float32, (5, 12), elements=st.integers(-4, 4).map(float)),
    arrays.arrays(np.bool_, (5, 12)),
)
def test_map_at_r_agrees_with_the_slow_reference(scores: np.ndarray, relevant: np.ndarray) -> None:
    values = map_at_r(rank_scores(scores, relevant))
    for row in range(5):
        if relevant[row].any():
            assert values[row] == pytest.approx(slow_map_at_r(scores[row], relevant[row]))
        else:
            assert np.isnan(values[row])


@given(
    arrays.arrays(np.float32, (14, 3), elements=st.integers(-3, 3).map(float)),
    arrays.arrays(np.int64, 14, elements=st.integers(0, 3)),
)
def test_vectors_and_scores_give_one_ranking(vectors: np.ndarray, labels: np.ndarray) -> None:
    ranked = rank_leave_one_out(vectors, labels, depth=13)
    scores = (vectors @ vectors.T).astype(np.float64)
    relevant = labels[:, None] == labels[None, :]
    others = ~np.eye(14, dtype=bool)
    expected = rank_scores(scores[others].reshape(14, 13), relevant[others].reshape(14, 13))
    assert np.array_equal(ranked.relevant, expected.relevant)
    assert np.array_equal(ranked.totals, expected.totals)


@given(
    arrays.arrays(np.float64, (3, 8), elements=st.integers(-20, 20).map(float)),
    arrays.arrays(np.bool_, (3, 8)),
    st.integers(-1000, 1000),
    st.sampled_from([0.25, 2.0, 8.0]),
)
def test_shift_and_scale_change_nothing(
    scores: np.ndarray, relevant: np.ndarray, shift: int, scale: float
) -> None:
    before = rank_scores(scores, relevant)
    after = rank_scores(scores * scale + shift, relevant)
    assert np.array_equal(before.relevant, after.relevant)


@given(arrays.arrays(np.float64, (4, 9), elements=st.floats(-1, 1)), st.integers(0, 99))
@settings(max_examples=50)
def test_values_lie_in_the_unit_interval_and_are_ordered(scores: np.ndarray, seed: int) -> None:
    relevant = np.random.default_rng(seed).random((4, 9)) < 0.4
    ranked = rank_scores(scores, relevant)
    possible = ranked.totals > 0
    precision, average = r_precision(ranked)[possible], map_at_r(ranked)[possible]
    assert ((average >= 0) & (average <= precision + 1e-12) & (precision <= 1)).all()
    recalls = np.stack([recall_at_k(ranked, k)[possible] for k in range(1, 10)])
    assert (np.diff(recalls, axis=0) >= 0).all()
    assert (recalls[-1] == 1).all()


def test_wrong_use_is_said() -> None:
    vectors = circle([0, 10])
    with pytest.raises(UsageError, match="3 labels"):
        rank_leave_one_out(vectors, ["a", "b", "c"])
    with pytest.raises(UsageError, match="not finite"):
        rank_leave_one_out(vectors * np.nan, ["a", "b"])
    with pytest.raises(UsageError, match="one shape"):
        rank_scores([[1.0]], [[True, False]])
    with pytest.raises(UsageError, match="NaN"):
        rank_scores([[np.nan]], [[True]])
    with pytest.raises(UsageError, match="depth"):
        rank_leave_one_out(vectors, ["a", "b"], depth=0)
    shallow = rank_scores(FALLING, RANKED)
    with pytest.raises(UsageError, match="k is 11"):
        recall_at_k(shallow, 11)
    with pytest.raises(UsageError, match="4 are needed"):
        map_at_r(rank_leave_one_out(circle([0, 1, 2, 3, 4]), list("aaaaa"), depth=2))
