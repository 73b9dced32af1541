"""How the evidence for words is put together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.query.words.scores import (
    COLOURED,
    SAID,
    WordScores,
    combine,
    coverage,
    word_probability,
)


def test_what_is_said_and_shown_brings_a_score_nearer_to_one() -> None:
    seen = np.array([0.2, 0.2, 0.2], np.float32)
    said = np.array([0.0, 1.0, 1.0], np.float32)
    coloured = np.array([0.0, 0.0, 1.0], np.float32)
    expected = [0.2, 1 - 0.8 * (1 - SAID), 1 - 0.8 * (1 - SAID) * (1 - COLOURED)]
    np.testing.assert_allclose(combine(seen, said, coloured), expected, rtol=1e-6)


def test_a_colour_alone_is_the_score() -> None:
    coloured = np.array([0.0, 0.5, 1.0], np.float32)
    np.testing.assert_allclose(combine(None, None, coloured), coloured)


@given(st.floats(-1, 1, width=32), st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_a_score_stays_in_its_range(seen: float, said: float, coloured: float) -> None:
    parts = [np.array([value], np.float32) for value in (seen, said, coloured)]
    score = combine(*parts)[0]
    assert -1.0 <= score <= 1.0
    assert score >= seen - 1e-6


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    ids = np.arange(1, 101)
    frequent, rare = frozenset(range(1, 91)), frozenset({100})
    found = coverage(ids, [frequent, rare])
    assert found is not None
    weights = np.log1p([100 / 90, 100 / 1])
    assert found[0] == pytest.approx(weights[0] / weights.sum())
    assert found[99] == pytest.approx(weights[1] / weights.sum())
    assert found[94] == 0


def test_words_that_nobody_says_count_for_nothing() -> None:
    assert coverage(np.arange(5), [frozenset(), frozenset()]) is None


def test_equal_scores_come_in_the_order_of_the_ids() -> None:
    scores = WordScores(np.array([3, 5, 9]), np.array([0.5, 0.7, 0.5], np.float32))
    assert scores.best(3).image_ids.tolist() == [5, 3, 9]
    assert scores.best(2).image_ids.tolist() == [5, 3]
    assert scores.best(3).part(slice(1, 3)).image_ids.tolist() == [3, 9]
    assert scores.among(np.array([9, 4, 3])).image_ids.tolist() == [3, 9]
    assert word_probability(0.9) > word_probability(0.1)
