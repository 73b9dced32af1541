"""Metrics of scores at thresholds: hand-computed cases, scikit-learn, ties and shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lookalike import UsageError
from lookalike.evaluation import (
    auroc,
    average_precision,
    micro_average_precision,
    recall_at_precision,
)

SCORES = arrays.arrays(np.float64, 20, elements=st.integers(-5, 5).map(float))
FLAGS = arrays.arrays(np.bool_, 20)


def test_average_precision_by_hand() -> None:
    ranked = [True, False, True, False, False, True, False, False, False, True]
    falling = [-float(i) for i in range(10)]
    expected = (1 / 1 + 2 / 3 + 3 / 6 + 4 / 10) / 4  # 0.642, the rectangle rule over R
    assert average_precision(falling, ranked) == pytest.approx(expected)


def test_negative_scores_are_not_dropped() -> None:
    assert average_precision([-1.0, -2.0, -3.0], [True, False, True]) == pytest.approx(5 / 6)


def test_equal_scores_enter_together() -> None:
    assert average_precision([1.0, 1.0, 1.0, 1.0], [True, False, False, False]) == 0.25
    assert average_precision([1.0, 1.0, 0.0], [False, True, True]) == pytest.approx(
        0.5 * 1 / 2 + 0.5 * 2 / 3
    )


def test_matches_that_were_not_retrieved_count() -> None:
    assert average_precision([2.0, 1.0], [True, True], total=4) == pytest.approx(0.5)
    assert average_precision([], [], total=3) == 0.0
    assert recall_at_precision([], [], total=3) == 0.0


def test_micro_average_precision_sees_scores_that_differ_between_queries() -> None:
    relevant = [[True, False], [True, False]]
    assert micro_average_precision([[0.9, 0.1], [0.9, 0.1]], relevant) == 1.0
    # both queries rank rightly, but no threshold serves both
    value = micro_average_precision([[0.9, 0.8], [0.2, 0.1]], relevant)
    assert value == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_recall_at_precision_by_hand() -> None:
    scores = [5.0, 4.0, 3.0, 2.0, 1.0]
    relevant = [True, True, False, True, False]
    assert recall_at_precision(scores, relevant, precision=1.0) == pytest.approx(2 / 3)
    assert recall_at_precision(scores, relevant, precision=0.75) == 1.0
    assert recall_at_precision([1.0, 0.0], [False, True], precision=0.9) == 0.0


def test_auroc_by_hand() -> None:
    assert auroc([3.0, 2.0, 1.0], [True, True, False]) == 1.0
    assert auroc([1.0, 2.0, 3.0], [True, True, False]) == 0.0
    assert auroc([1.0, 1.0, 1.0], [True, False, False]) == 0.5


@given(SCORES, FLAGS)
def test_scikit_learn_agrees(scores: np.ndarray, flags: np.ndarray) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    assume(flags.any() and not flags.all())
    assert auroc(scores, flags) == pytest.approx(metrics.roc_auc_score(flags, scores))
    expected = metrics.average_precision_score(flags, scores)
    assert average_precision(scores, flags) == pytest.approx(expected)


@given(SCORES, FLAGS)
def test_auroc_agrees_with_counting_pairs(scores: np.ndarray, flags: np.ndarray) -> None:
    assume(flags.any() and not flags.all())
    gaps = scores[flags][:, None] - scores[~flags][None, :]
    assert auroc(scores, flags) == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())


@given(SCORES, FLAGS, st.integers(-10_000, 10_000), st.sampled_from([0.5, 4.0]))
def test_shift_and_scale_change_nothing(
    scores: np.ndarray, flags: np.ndarray, shift: int, scale: float
) -> None:
    assume(flags.any() and not flags.all())
    moved = scores * scale + shift
    for metric in (auroc, average_precision, recall_at_precision):
        assert metric(scores, flags) == metric(moved, flags)


@given(SCORES, FLAGS, st.randoms())
def test_the_order_of_the_items_changes_nothing(
    scores: np.ndarray, flags: np.ndarray, random: object
) -> None:
    assume(flags.any() and not flags.all())
    order = np.random.default_rng(random.randint(0, 9999)).permutation(20)  # type: ignore[attr-defined]
    for metric in (auroc, average_precision, recall_at_precision):
        assert metric(scores, flags) == pytest.approx(metric(scores[order], flags[order]))


@given(SCORES, FLAGS)
def test_turning_the_scores_round_mirrors_auroc(scores: np.ndarray, flags: np.ndarray) -> None:
    assume(flags.any() and not flags.all())
    assert auroc(scores, flags) + auroc(-scores, flags) == pytest.approx(1.0)


def test_wrong_use_is_said() -> None:
    with pytest.raises(UsageError, match="one shape"):
        average_precision([1.0], [True, False])
    with pytest.raises(UsageError, match="NaN"):
        auroc([np.nan, 1.0], [True, False])
    with pytest.raises(UsageError, match="Both"):
        auroc([1.0, 2.0], [True, True])
    with pytest.raises(UsageError, match="0 relevant"):
        average_precision([1.0], [False])
    with pytest.raises(UsageError, match="2 relevant items of 1"):
        average_precision([1.0, 2.0], [True, True], total=1)
    with pytest.raises(UsageError, match="precision is 0"):
        recall_at_precision([1.0], [True], precision=0.0)
