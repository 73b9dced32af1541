"""Bootstrap intervals: coverage, classes, determinism."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike import UsageError
from lookalike.evaluation import bootstrap_interval, interval


def test_a_constant_has_no_width() -> None:
    assert bootstrap_interval([0.25] * 10) == (0.25, 0.25)


def test_the_width_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    low, high = bootstrap_interval(values)
    half = 1.96 * values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.2 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.2 * half)


def test_classes_that_agree_within_widen_the_interval() -> None:
    classes = np.repeat(np.arange(10), 40)
    values = np.repeat(np.random.default_rng(2).random(10), 40)
    by_query = bootstrap_interval(values)
    by_class = bootstrap_interval(values, classes=classes)
    assert by_class.high - by_class.low > 3 * (by_query.high - by_query.low)


def test_one_class_has_no_width() -> None:
    low, high = bootstrap_interval([0.0, 1.0, 1.0], classes=["a", "a", "a"])
    assert low == pytest.approx(2 / 3)
    assert high == pytest.approx(2 / 3)


def test_classes_of_unequal_size_keep_their_weight() -> None:
    values = [1.0] * 90 + [0.0] * 10
    low, high = bootstrap_interval(values, classes=["a"] * 90 + ["b"] * 10)
    assert (low, high) == (0.0, 1.0)


def test_more_confidence_is_wider() -> None:
    values = np.random.default_rng(3).random(60)
    narrow, wide = (bootstrap_interval(values, confidence=c) for c in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_nan_is_left_out() -> None:
    values = [0.1, 0.9, 0.4, 0.7]
    assert bootstrap_interval([*values, np.nan]) == bootstrap_interval(values)


def test_the_same_seed_gives_the_same_interval_in_chunks_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(4).random(50)
    first = bootstrap_interval(values, seed=7)
    assert bootstrap_interval(values, seed=7) == first
    assert bootstrap_interval(values, seed=8) != first
    monkeypatch.setattr(interval, "_CHUNK", 1000)
    assert bootstrap_interval(values, seed=7) == first


def test_wrong_use_is_said() -> None:
    with pytest.raises(UsageError, match="no value"):
        bootstrap_interval([np.nan])
    with pytest.raises(UsageError, match="2 classes for 3"):
        bootstrap_interval([1.0, 2.0, 3.0], classes=["a", "b"])
    with pytest.raises(UsageError, match="confidence"):
        bootstrap_interval([1.0, 2.0], confidence=1.0)
