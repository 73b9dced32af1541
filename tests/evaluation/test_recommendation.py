"""Metrics of recommended lists, computed by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from lookalike import UsageError
from lookalike.evaluation import (
    catalogue_coverage,
    intra_list_diversity,
    ndcg_at_k,
    novelty,
    share_found_at_k,
)

LISTS = np.array([[1, 2, 3], [4, 1, -1], [5, 6, 7]])
RELEVANT = [np.array([3, 9]), np.array([4]), np.array([], np.int64)]


def test_recall_is_the_share_of_the_relevant_that_is_found() -> None:
    found = share_found_at_k(LISTS, RELEVANT, 3)
    assert found[:2].tolist() == [0.5, 1.0]
    assert np.isnan(found[2])
    assert share_found_at_k(LISTS, RELEVANT, 1)[:2].tolist() == [0.0, 1.0]


def test_ndcg_weighs_by_place() -> None:
    found = ndcg_at_k(LISTS, RELEVANT, 3)
    assert found[0] == pytest.approx((1 / log2(4)) / (1 + 1 / log2(3)))
    assert found[1] == 1.0
    assert np.isnan(found[2])


def test_ndcg_is_one_when_all_that_fits_is_relevant() -> None:
    lists = np.array([[1, 2]])
    assert ndcg_at_k(lists, [np.array([2, 1, 5, 6])], 2).tolist() == [1.0]


def test_padding_is_never_relevant() -> None:
    assert ndcg_at_k(np.array([[-1, -1]]), [np.array([-1, 3])], 2).tolist() == [0.0]


def test_coverage_counts_what_anybody_is_shown() -> None:
    assert catalogue_coverage(LISTS, 14) == 0.5
    with pytest.raises(UsageError, match="5 items"):
        catalogue_coverage(LISTS, 5)


def test_diversity_is_the_mean_distance_of_pairs() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(5, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = [1 - rows[i] @ rows[j] for i in range(5) for j in range(i)]
    found = intra_list_diversity([rows, rows[:1], rows[[0, 0]]])
    assert found[0] == pytest.approx(np.mean(pairs))
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(0, abs=1e-12)


def test_novelty_is_the_surprise_in_bits() -> None:
    # of 7 users, 3 chose the first item, none the second: 1 bit and 3 bits
    found = novelty(np.array([[0, 1], [1, -1], [-1, -1]]), np.array([3.0, 0.0]), 7)
    assert found[:2].tolist() == [2.0, 3.0]
    assert np.isnan(found[2])


@pytest.mark.parametrize("k", [0, 4])
def test_numbers_that_do_not_fit_are_refused(k: int) -> None:
    with pytest.raises(UsageError, match="k is"):
        ndcg_at_k(LISTS, RELEVANT, k)
    with pytest.raises(UsageError, match="one for each"):
        share_found_at_k(LISTS, RELEVANT[:2], 1)
