"""Tastes: Ward's clusters against a slow reference, medoids and shares by hand, histories."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.catalog.events import KINDS, EventTable
from lookalike.recommendation.history import History, interactions_of
from lookalike.recommendation.tastes import tastes_of, ward_groups


def slow_ward(vectors: np.ndarray, farthest: float) -> list[set[int]]:
    """Join the pair that raises the sum of squares least, until it is too far: O(n^3)."""
    groups = [{i} for i in range(len(vectors))]
    while len(groups) > 1:

        def distance(a: int, b: int) -> float:
            one, other = vectors[list(groups[a])], vectors[list(groups[b])]
            size = 2 * len(one) * len(other) / (len(one) + len(other))
            return float(np.sqrt(size) * np.linalg.norm(one.mean(0) - other.mean(0)))

        pairs = [(a, b) for a in range(len(groups)) for b in range(a)]
        a, b = min(pairs, key=lambda pair: distance(*pair))
        if distance(a, b) > farthest:
            break
        groups[b] |= groups.pop(a)
    return groups


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("farthest", [0.3, 1.0, 2.0, 9.0])
def test_groups_are_those_of_the_slow_reference(seed: int, farthest: float) -> None:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(4, 5))
    vectors = centres[random.integers(0, 4, 25)] + 0.3 * random.normal(size=(25, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = ward_groups(vectors, farthest)
    groups = {frozenset(np.flatnonzero(found == group).tolist()) for group in set(found.tolist())}
    assert groups == {frozenset(group) for group in slow_ward(vectors, farthest)}


def test_groups_of_one_of_none_and_of_equal_items() -> None:
    assert ward_groups(np.zeros((0, 3)), 1.0).tolist() == []
    assert ward_groups(np.ones((1, 3)), 1.0).tolist() == [0]
    assert ward_groups(np.ones((5, 3)), 0.0).tolist() == [0] * 5


def test_tastes_have_the_middle_item_and_the_share_of_their_weights() -> None:
    angles = np.radians([0, 10, 20, 90, 95])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = tastes_of(vectors, np.array([1.0, 1, 1, 4, 5]))
    assert found.medoids.tolist() == [4, 1]
    assert found.shares.tolist() == [0.75, 0.25]
    assert found.groups.tolist() == [1, 1, 1, 0, 0]
    fewer = tastes_of(vectors, np.array([1.0, 1, 1, 4, 5]), most=1)
    assert fewer.shares.tolist() == [1.0]
    assert fewer.groups.tolist() == [-1, -1, -1, 0, 0]
    assert len(tastes_of(vectors[:0], np.zeros(0))) == 0


def test_weights_halve_with_every_half_life() -> None:
    day = 86_400.0
    times = np.array([60 * day, 30 * day, 0.0])
    whole = np.arange(3)
    history = History(whole, np.array([1.0, 1.0, 4.0]), times, whole, whole[:0])
    assert history.decayed(30.0).tolist() == [1.0, 0.5, 1.0]


def events(*rows: tuple[int, int, str, float, float]) -> EventTable:
    users, items, kinds, times, weights = zip(*rows, strict=True)
    return EventTable(
        np.array(users, np.int64),
        np.array(items, np.int64),
        np.array([KINDS.index(kind) for kind in kinds]),
        np.array(times, np.float64),
        np.array(weights, np.float64),
    )


NONE = float("nan")


def test_a_history_has_one_row_for_each_item_the_latest_first() -> None:
    found = interactions_of(
        events(
            (1, 7, "view", 5, NONE),
            (1, 7, "buy", 1, NONE),
            (1, 8, "like", 9, NONE),
            (2, 7, "view", 3, 0.5),
        )
    )
    history = found.history(1)
    assert history.items.tolist() == [8, 7]
    assert history.weights.tolist() == [3.0, 5.0]
    assert history.times.tolist() == [9.0, 5.0]
    assert [KINDS[kind] for kind in history.kinds] == ["like", "buy"]
    assert found.history(2).weights.tolist() == [0.5]
    assert len(found.history(3)) == 0


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([("like", 1), ("dislike", 2)], True),
        ([("dislike", 1), ("like", 2)], False),
        ([("dislike", 1), ("view", 2)], True),
        ([("like", 1), ("dislike", 1)], True),
        ([("view", 1)], False),
    ],
)
def test_the_last_judgement_decides_and_views_do_not(
    rows: list[tuple[str, float]], refused: bool
) -> None:
    history = interactions_of(events(*((1, 5, kind, time, NONE) for kind, time in rows))).history(1)
    assert history.disliked.tolist() == ([5] if refused else [])
    assert history.items.tolist() == ([] if refused else [5])
    assert history.seen.tolist() == [5]


def test_no_events_are_no_histories() -> None:
    none = np.zeros(0)
    whole = none.astype(np.int64)
    assert len(interactions_of(EventTable(whole, whole, whole, none, none))) == 0
