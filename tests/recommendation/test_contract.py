"""What every recommender keeps to, on users of two groups who never choose from the other's.

Items 1 to 6 are the first group's, 11 to 16 the second's. User u leaves out one item of the own
group, so the one right answer for anybody with a history is what is left of the own group.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lookalike.recommendation.by_looks import ByLooks
from lookalike.recommendation.content import MatrixContent
from lookalike.recommendation.factors import can_factorise, fit_factors
from lookalike.recommendation.history import History, Interactions
from lookalike.recommendation.hybrid import Filled, Hybrid
from lookalike.recommendation.neighbours import fit_ease, fit_item_item
from lookalike.recommendation.popularity import Popularity
from lookalike.recommendation.protocol import Recommender

GROUPS = (np.arange(1, 7), np.arange(11, 17))
ITEMS = np.concatenate(GROUPS)


def blocks() -> Interactions:
    pairs = []
    for user in range(24):
        group = GROUPS[user % 2]
        pairs += [(user, item) for place, item in enumerate(group) if place != user // 2 % 6]
    users, items = np.array(sorted(pairs)).T
    ones = np.ones(len(users))
    kinds = np.zeros(len(users), np.int64)
    return Interactions(users, items, ones, ones, kinds, ones == 0)


def content() -> MatrixContent:
    vectors = np.zeros((12, 13), np.float32)
    vectors[:6, 0] = vectors[6:, 1] = 1.0
    vectors[np.arange(12), np.arange(12) // 6 * 6 + np.arange(12) % 6 + 1] += 0.4
    return MatrixContent(ITEMS, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


class RecommenderContract:
    """Inherit, and say how the recommender is made."""

    personal = True

    def made(self) -> Recommender:
        raise NotImplementedError

    @pytest.fixture
    def recommender(self) -> Recommender:
        return self.made()

    def test_it_stays_within_the_users_group(self, recommender: Recommender) -> None:
        for group in GROUPS:
            history = History.of_items(group[:3].tolist())
            first = recommender.recommend(history, 3).items
            if self.personal:
                assert set(first.tolist()) == set(group[3:].tolist())
            else:
                assert len(first) == 3

    def test_what_was_seen_or_refused_never_comes(self, recommender: Recommender) -> None:
        history = History.of_items([1, 2], disliked=[3, 11])
        for k in (1, 5, 50):
            assert not np.isin(recommender.recommend(history, k).items, [1, 2, 3, 11]).any()

    def test_k_is_kept_and_every_item_comes_once(self, recommender: Recommender) -> None:
        history = History.of_items([1])
        for k in (1, 2, 4, 1000):
            found = recommender.recommend(history, k)
            assert len(found) <= k
            assert len(set(found.items.tolist())) == len(found.items) == len(found.scores)
        assert len(recommender.recommend(history, 2)) == 2

    def test_a_shorter_list_begins_a_longer_one(self, recommender: Recommender) -> None:
        history = History.of_items([1, 12])
        assert (
            recommender.recommend(history, 2).items.tolist()
            == recommender.recommend(history, 5).items[:2].tolist()
        )

    def test_scores_fall_and_are_not_negative(self, recommender: Recommender) -> None:
        scores = recommender.recommend(History.of_items([1, 2, 13]), 12).scores
        assert (np.diff(scores) <= 0).all()
        assert (scores >= 0).all()
        assert np.isfinite(scores).all()

    def test_the_same_question_has_the_same_answer(self, recommender: Recommender) -> None:
        history = History.of_items([2, 14])
        one, other = recommender.recommend(history, 9), self.made().recommend(history, 9)
        assert one.items.tolist() == other.items.tolist()
        assert one.scores.tolist() == other.scores.tolist()

    def test_scores_of_items_agree_with_the_list(self, recommender: Recommender) -> None:
        history = History.of_items([1, 2])
        found = recommender.recommend(history, 3)
        again = recommender.score(history, found.items)
        assert (np.diff(again) <= 1e-6).all()
        assert recommender.score(history, np.array([999])).tolist() == [0.0]
        assert len(recommender.score(history, np.zeros(0, np.int64))) == 0

    def test_items_that_nobody_knows_are_left_aside(self, recommender: Recommender) -> None:
        known = recommender.recommend(History.of_items([1, 2]), 3).items.tolist()
        strange = History.of_items([1, 2, 777], disliked=[888])
        assert recommender.recommend(strange, 3).items.tolist() == known

    def test_no_history_gives_an_empty_list_or_what_is_popular(
        self, recommender: Recommender
    ) -> None:
        found = recommender.recommend(History.empty(), 5)
        assert len(found) in (0, 5)
        filled = Filled(recommender, Popularity.fit(blocks()))
        assert len(filled.recommend(History.empty(), 5)) == 5
        refused = History.of_items([], disliked=[1])
        assert 1 not in filled.recommend(refused, 50).items

    def test_a_reason_is_an_item_of_the_history_or_none(self, recommender: Recommender) -> None:
        history = History.of_items([11, 1, 2])
        items = recommender.recommend(history, 4).items
        reasons = recommender.because(history, items)
        assert reasons.shape == items.shape
        for item, reason in zip(items.tolist(), reasons.tolist(), strict=True):
            assert -1 <= reason < 3
            if self.personal:
                assert (reason == 0) == (item > 10), "the reason is of the item's own group"


class TestPopularity(RecommenderContract):
    personal = False

    def made(self) -> Recommender:
        return Popularity.fit(blocks())


class TestItemItem(RecommenderContract):
    def made(self) -> Recommender:
        return fit_item_item(blocks())


class TestEase(RecommenderContract):
    def made(self) -> Recommender:
        return fit_ease(blocks(), regularisation=1.0)


@pytest.mark.skipif(not can_factorise(), reason="implicit is not installed")
class TestFactors(RecommenderContract):
    def made(self) -> Recommender:
        return fit_factors(blocks(), factors=2, regularisation=0.05)


class TestByLooks(RecommenderContract):
    def made(self) -> Recommender:
        return ByLooks(content())


class TestHybrid(RecommenderContract):
    def made(self) -> Recommender:
        parts: list[Recommender] = [
            ByLooks(content()),
            fit_item_item(blocks()),
            Popularity.fit(blocks()),
        ]
        weights = {"content": 0.5, "item-item": 0.4, "popularity": 0.1}
        return Hybrid(parts, weights)


class TestFilled(RecommenderContract):
    def made(self) -> Recommender:
        return Filled(fit_item_item(blocks()), Popularity.fit(blocks()))


Made = Callable[[], Recommender]


def test_filling_up_adds_popular_items_below_the_others() -> None:
    found = TestFilled().made().recommend(History.of_items([1, 2, 3]), 9)
    assert set(found.items[:3].tolist()) == {4, 5, 6}
    assert set(found.items[3:].tolist()) == set(GROUPS[1].tolist())
