"""The learned recommenders against their formulas, written out slowly."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lookalike.recommendation import neighbours as module
from lookalike.recommendation.factors import can_factorise, fit_factors
from lookalike.recommendation.history import History, Interactions
from lookalike.recommendation.hybrid import HeldOut, Hybrid, fit_mix, mixtures
from lookalike.recommendation.neighbours import Neighbours, fit_ease, fit_item_item
from lookalike.recommendation.popularity import Popularity
from lookalike.recommendation.protocol import Ranked


def random_choices(seed: int = 0, users: int = 40, items: int = 15) -> np.ndarray:
    return np.random.default_rng(seed).random((users, items)) < 0.3


def interactions(matrix: np.ndarray) -> Interactions:
    users, items = np.nonzero(matrix)
    ones = np.ones(len(users))
    return Interactions(users, items + 100, ones, ones, ones.astype(np.int64), ones == 0)


def dense(model: Neighbours) -> np.ndarray:
    found = np.zeros((len(model.item_ids), len(model.item_ids)))
    rows = np.repeat(np.arange(len(found)), model.places.shape[1])
    real = model.places.ravel() >= 0
    found[rows[real], model.places.ravel()[real]] = model.values.ravel()[real]
    return found


@pytest.mark.parametrize("pairs_at_once", [1, 50, 10**6])
def test_item_item_is_the_shrunk_cosine(
    monkeypatch: pytest.MonkeyPatch, pairs_at_once: int
) -> None:
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", pairs_at_once)
    matrix = random_choices().astype(float)
    both, counts = matrix.T @ matrix, matrix.sum(0)
    wanted = both / np.sqrt(np.outer(counts, counts)) * both / (both + 3.0)
    np.fill_diagonal(wanted, 0)
    assert dense(fit_item_item(interactions(matrix), shrink=3.0)) == pytest.approx(wanted, abs=1e-6)
    few = dense(fit_item_item(interactions(matrix), shrink=3.0, neighbours=4))
    for row, best in zip(few, wanted, strict=True):
        assert sorted(row[row > 0]) == pytest.approx(sorted(best)[-4:], abs=1e-6)


def test_ease_is_the_formula_of_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 70)
    matrix = random_choices(1).astype(float)
    inverse = np.linalg.inv(matrix.T @ matrix + 5.0 * np.eye(15))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    model = fit_ease(interactions(matrix), regularisation=5.0)
    assert dense(model) == pytest.approx(wanted, abs=1e-6)
    popular = fit_ease(interactions(matrix), most_items=6)
    assert len(popular.item_ids) == 6


def test_neighbours_sum_weights_times_similarities() -> None:
    matrix = random_choices(2)
    model = fit_item_item(interactions(matrix))
    history = History(
        np.array([103, 101, 555]),
        np.array([2.0, 0.5, 9.0]),
        np.zeros(3),
        np.zeros(3, np.int64),
        np.zeros(0, np.int64),
    )
    similar = dense(model)
    wanted = 2.0 * similar[3] + 0.5 * similar[1]
    assert model.score(history, np.arange(100, 115)) == pytest.approx(wanted, abs=1e-6)
    wanted[[3, 1]] = 0
    order = np.argsort(-wanted, kind="stable")[:5] + 100
    assert model.recommend(history, 5).items.tolist() == order.tolist()


@pytest.mark.skipif(not can_factorise(), reason="implicit is not installed")
def test_the_vector_of_a_user_solves_the_equation_of_the_paper() -> None:
    model = fit_factors(interactions(random_choices(3)), factors=4, alpha=2.0, regularisation=0.1)
    history = History.of_items([104, 107])
    vectors = model.vectors.astype(float)
    trust = np.ones(15)
    trust[[4, 7]] = 3.0
    wish = np.zeros(15)
    wish[[4, 7]] = 1.0
    matrix = vectors.T @ (trust[:, None] * vectors) + 0.1 * np.eye(4)
    user = np.linalg.solve(matrix, vectors.T @ (trust * wish))
    wanted = np.maximum(vectors @ user, 0)
    assert model.score(history, np.arange(100, 115)) == pytest.approx(wanted, abs=1e-5)


def test_refusals_teach_nothing() -> None:
    known = interactions(random_choices())
    refused = np.zeros(len(known), bool)
    refused[known.items == 103] = True
    part = Interactions(known.users, known.items, known.weights, known.times, known.kinds, refused)
    for fit in (fit_item_item, fit_ease, Popularity.fit):
        assert 103 not in fit(part).item_ids


class Fixed:
    """Scores that are given, whoever the user is."""

    def __init__(self, name: str, scores: dict[int, float]) -> None:
        self.name, self._scores = name, scores

    def recommend(self, history: History, k: int) -> Ranked:
        order = sorted(self._scores, key=lambda item: -self._scores[item])[:k]
        return Ranked(np.array(order), np.array([self._scores[item] for item in order]))

    def score(self, history: History, items: np.ndarray) -> np.ndarray:
        return np.array([self._scores.get(item, 0.0) for item in items.tolist()])

    def because(self, history: History, items: np.ndarray) -> np.ndarray:
        return np.full(len(items), -1)


def test_the_mixture_with_the_highest_ndcg_is_found() -> None:
    one, other = Fixed("one", {1: 4.0, 2: 2.0, 3: 1.0}), Fixed("other", {3: 9.0, 4: 3.0})
    held_out = [HeldOut(History.empty(), np.array([3, 77]))]
    weights, value = fit_mix([one, other], held_out, k=2, steps=10)
    # item 3 comes first as soon as 0.25 w + (1 - w) > w: the greatest such w on the grid is 0.5
    assert weights == {"one": 0.5, "other": 0.5}
    assert value == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert fit_mix([one], [], k=2) == ({"one": 1.0}, 0.0)


def test_a_hybrid_adds_scaled_scores_and_names_the_loudest_part() -> None:
    one, other = Fixed("one", {1: 4.0, 2: 2.0}), Fixed("other", {2: 5.0, 3: 1.0})
    hybrid = Hybrid([one, other], {"one": 0.6, "other": 0.4})
    found = hybrid.recommend(History.empty(), 9)
    assert found.items.tolist() == [2, 1, 3]
    assert found.scores == pytest.approx([0.7, 0.6, 0.08])
    assert hybrid.speakers(History.empty(), found.items).tolist() == [1, 0, 1]
    alone = Hybrid([one, other], {"one": 1.0, "other": 0.0})
    assert [part.name for part in alone.parts] == ["one"]


def test_mixtures_are_a_grid_of_sum_one() -> None:
    grid = mixtures(3, steps=4)
    assert len(grid) == 15
    assert (grid.sum(axis=1) == 1).all()
    assert len({tuple(row) for row in grid.tolist()}) == 15


def test_scipy_and_implicit_are_loaded_for_factors_alone() -> None:
    code = (
        "import sys, lookalike.recommendation.factors, lookalike.recommendation.hybrid\n"
        "import lookalike.recommendation.neighbours, lookalike.recommendation.by_looks\n"
        "print([name for name in ('scipy', 'implicit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
