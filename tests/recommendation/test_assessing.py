"""Splits by time, and an assessment whose right answer is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lookalike import UsageError
from lookalike.recommendation.assessing import assess
from lookalike.recommendation.history import Interactions
from lookalike.recommendation.splitting import held_out, later_by_period, later_by_user


def interactions(rows: list[tuple[int, int, float]]) -> Interactions:
    users, items, times = (np.array(column) for column in zip(*sorted(rows), strict=True))
    ones = np.ones(len(users))
    kinds = np.zeros(len(users), np.int64)
    return Interactions(users, items, ones, times.astype(float), kinds, ones == 0)


def groups(users: int = 80, seed: int = 0) -> Interactions:
    """Users of two groups of ten items, each choosing eight of the own in a random order."""
    random = np.random.default_rng(seed)
    return interactions(
        [
            (user, int(item) + 100 * (user % 2), user * 100 + place)
            for user in range(users)
            for place, item in enumerate(random.permutation(10)[:8])
        ]
    )


def test_a_period_is_after_one_moment() -> None:
    known = interactions([(1, 1, 10), (1, 2, 40), (2, 3, 20), (2, 4, 30)])
    assert later_by_period(known, 0.5).tolist() == [False, True, False, True]
    assert later_by_period(known, 0.25).tolist() == [False, True, False, False]


def test_the_last_choices_of_each_user_are_later() -> None:
    known = interactions([(1, 5, 10), (1, 2, 30), (1, 3, 20), (2, 4, 30), (3, 1, 1), (3, 2, 1)])
    assert later_by_user(known, 0.3).tolist() == [True, False, False, False, False, True]


@pytest.mark.parametrize("share", [0, 1, -0.5, float("nan")])
def test_shares_out_of_range_are_refused(share: float) -> None:
    for split in (later_by_period, later_by_user):
        with pytest.raises(UsageError, match="share"):
            split(groups(4), share)


def test_what_was_chosen_before_is_not_foretold() -> None:
    known = interactions([(1, 5, 1), (1, 6, 2)])
    assert held_out(known, interactions([(1, 5, 9), (2, 7, 9)]))[0].chosen_later.tolist() == [7]
    assert len(held_out(known, groups(30), most_users=7)) == 7


def test_the_right_group_is_found_and_popularity_does_half_as_well() -> None:
    found = assess(groups(), None, 20, k=4, factorise=False)
    rows = {row.name: row for row in found.rows}
    assert list(rows) == ["popularity", "item-item", "ease", "hybrid"]
    # Two items of the group are later and two are never chosen: four are left to recommend.
    assert rows["item-item"].recall == 1.0
    assert rows["hybrid"].recall == 1.0
    assert rows["popularity"].recall < 0.8
    assert found.gains["popularity"][1].low > 0
    assert (found.users, found.newcomers, found.wanted) == (80, 0, 160)
    assert sum(found.weights.values()) == pytest.approx(1)
    json.dumps(found.to_dict())
    assert len(found.markdown().splitlines()) == 6


def test_newcomers_of_a_period_are_counted() -> None:
    found = assess(groups(), None, 20, split="period", k=4, factorise=False)
    assert found.newcomers == found.users == 16
    assert {row.ndcg for row in found.rows} == {found.rows[0].ndcg}, "all fall back to popularity"


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(UsageError, match="too few events"):
        assess(interactions([(1, 1, 1.0)]), None, 5)
    with pytest.raises(UsageError, match="random"):
        assess(groups(4), None, 20, split="random")  # type: ignore[arg-type]
