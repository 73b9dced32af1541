"""What every recogniser of the user's names keeps to, on data whose right answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.recognition.examples import Examples
from lookalike.recognition.fitting import NameModel, fit_names, leave_out
from lookalike.recognition.recognisers import RECOGNISERS, LinearClassifier

Floats = NDArray[np.float32]


def circle(*degrees: float) -> Floats:
    """Return points of the unit circle."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def clusters(
    classes: int, shots: int, seed: int = 0, spread: float = 0.1
) -> tuple[Floats, list[str]]:
    """Return points around orthogonal axes, with one axis more that belongs to no name."""
    generator = np.random.default_rng(seed)
    points = np.repeat(np.eye(classes + 1)[:classes], shots, axis=0)
    points = points + spread * generator.normal(size=points.shape)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points.astype(np.float32), [
        f"axis {place}" for place in range(classes) for _ in range(shots)
    ]


class Contract:
    """Inherited once for each kind of recogniser, and once for the chosen one."""

    kind: str | None

    def fit(self, vectors: Floats, names: list[str]) -> NameModel:
        return fit_names(Examples.of(vectors, names), kind=self.kind)

    def best(self, model: NameModel, vectors: Floats) -> list[str]:
        """Return the answer for each vector, "unknown" where no name has the better half."""
        probabilities, unknown = model.probabilities(vectors)
        return [
            "unknown" if missing >= 0.5 else model.names[int(row.argmax())]
            for row, missing in zip(probabilities, unknown, strict=True)
        ]

    def test_points_of_a_circle_get_the_name_of_their_side(self) -> None:
        model = self.fit(circle(-10, 10, 80, 100), ["east", "east", "north", "north"])
        probabilities, _ = model.probabilities(circle(5, 44, 46, 95))
        assert [model.names[place] for place in probabilities.argmax(axis=1)] == [
            "east",
            "east",
            "north",
            "north",
        ]
        first, second = model.probabilities(circle(45))[0][0]
        assert np.isclose(first, second, rtol=1e-3)

    def test_clusters_on_orthogonal_axes_are_told_apart(self) -> None:
        vectors, names = clusters(5, 6)
        fresh, right = clusters(5, 10, seed=1)
        assert self.best(self.fit(vectors, names), fresh) == right

    def test_probabilities_sum_to_one_with_unknown(self) -> None:
        vectors, names = clusters(4, 3)
        model = self.fit(vectors, names)
        queries = np.random.default_rng(2).normal(size=(50, 5))
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        probabilities, unknown = model.probabilities(queries)
        assert (probabilities >= 0).all()
        assert (unknown >= 0).all()
        assert np.allclose(probabilities.sum(axis=1) + unknown, 1.0)

    def test_what_is_far_from_all_is_unknown(self) -> None:
        vectors, names = clusters(5, 6)
        model = self.fit(vectors, names)
        axis = np.eye(6, dtype=np.float32)[5:]
        assert self.best(model, np.concatenate([axis, -axis])) == ["unknown", "unknown"]

    def test_neither_order_nor_repetition_changes_a_bit(self) -> None:
        vectors, names = clusters(3, 5)
        order = np.random.default_rng(3).permutation(len(names))
        mixed = np.concatenate([order, order[:4]])
        one = self.fit(vectors, names)
        other = self.fit(vectors[mixed], [names[place] for place in mixed])
        queries = clusters(3, 4, seed=4)[0]
        assert np.array_equal(one.probabilities(queries)[0], other.probabilities(queries)[0])
        assert one.curve == other.curve
        assert one.temperature == other.temperature

    def test_one_name_alone_is_told_from_unknown(self) -> None:
        model = self.fit(circle(-5, 0, 5), ["east"] * 3)
        assert self.best(model, circle(2, 180, 90)) == ["east", "unknown", "unknown"]

    def test_one_example_alone_is_enough(self) -> None:
        model = self.fit(circle(0), ["east"])
        assert self.best(model, circle(0, 180)) == ["east", "unknown"]

    def test_one_example_of_each_name_is_enough(self) -> None:
        vectors, names = clusters(5, 1, spread=0.01)
        fresh, right = clusters(5, 3, seed=5, spread=0.05)
        model = self.fit(vectors, names)
        assert self.best(model, fresh) == right
        assert self.best(model, -fresh) == ["unknown"] * len(fresh)

    def test_a_correction_turns_the_answer_at_once(self) -> None:
        vectors, names = circle(-10, 10, 80, 100), ["east", "east", "north", "north"]
        query = circle(40)
        place = self.fit(vectors, names).probabilities(query)[0][0].argmax()
        assert place == 0
        taught = self.fit(np.concatenate([vectors, query]), [*names, "north"])
        assert taught.names[int(taught.probabilities(query)[0][0].argmax())] == "north"

    def test_an_example_has_the_name_it_was_given_whatever_its_fellows_say(self) -> None:
        vectors, names = circle(-3, -2, -1, 0, 1, 2, 3, 90), ["east"] * 3 + ["odd"] + ["east"] * 4
        model = self.fit(vectors, names)
        assert self.best(model, circle(0)) == ["odd"]
        probabilities, unknown = model.probabilities(circle(0))
        assert probabilities.sum() == 1.0
        assert unknown[0] == 0.0

    def test_a_large_name_does_not_swallow_a_small_one(self) -> None:
        large, small = clusters(2, 60)[0][:60], clusters(2, 3)[0][3:]
        model = self.fit(np.concatenate([large, small]), ["large"] * 60 + ["small"] * 3)
        queries = clusters(2, 20, seed=6)[0]
        assert self.best(model, queries) == ["large"] * 20 + ["small"] * 20

    def test_a_picture_with_two_names_shares_its_probability(self) -> None:
        vectors = circle(0, 0, 90)
        model = self.fit(vectors, ["both", "same", "other"])
        both, other, same = model.probabilities(circle(0))[0][0]
        assert both == pytest.approx(same, rel=1e-6)
        assert other < both


class TestLinear(Contract):
    kind = "linear"


class TestPrototypes(Contract):
    kind = "prototypes"


class TestNeighbours(Contract):
    kind = "neighbours"


class TestChosen(Contract):
    kind = None


@pytest.mark.parametrize("kind", RECOGNISERS)
@pytest.mark.parametrize("grouping", ["folds", "names"])
def test_scores_without_a_group_are_those_of_a_recogniser_that_never_saw_it(
    kind: str, grouping: str
) -> None:
    vectors, names = clusters(4, 5, spread=0.4)
    examples = Examples.of(vectors, names)
    groups = np.arange(len(examples)) % 5 if grouping == "folds" else examples.classes
    fast = RECOGNISERS[kind](examples).left_out(groups)
    for group in np.unique(groups):
        kept, out = groups != group, groups == group
        present = np.unique(examples.classes[kept])
        left = Examples.of(
            examples.vectors[kept], [examples.names[place] for place in examples.classes[kept]]
        )
        slow = RECOGNISERS[kind](left)
        if kind == "linear":  # by its definition, with the weights of the whole
            ridge = RECOGNISERS[kind](examples)
            assert isinstance(ridge, LinearClassifier)
            rows = examples.vectors.astype(np.float64)
            weights = np.full(len(examples), 1.0)  # n / (names · n_c), equal counts
            gram = (rows[kept].T * weights[kept]) @ rows[kept]
            gram += ridge.strength * np.eye(rows.shape[1])
            targets = np.eye(len(examples.names))[examples.classes[kept]]
            expected = rows[out] @ np.linalg.solve(gram, rows[kept].T @ targets)
            assert np.allclose(fast[out], expected, atol=1e-5)
        else:
            assert np.allclose(fast[out][:, present], slow.scores(examples.vectors[out]), atol=1e-5)
            absent = np.setdiff1d(np.arange(len(examples.names)), present)
            assert (fast[out][:, absent] == -1.0).all()


@pytest.mark.parametrize("kind", RECOGNISERS)
def test_an_example_without_its_name_looks_like_the_others_alone(kind: str) -> None:
    vectors = circle(-1, 1, 119, 121)  # of the other name: cosine -1/2
    found = leave_out(Examples.of(vectors, ["east", "east", "west", "west"]), kind)
    shrunk = 0.2 if kind == "linear" else 0.0  # by its ridge
    assert np.allclose(found.strange, -0.5 + shrunk / 2, atol=0.05)
    assert np.allclose(found.known, 1.0 - shrunk, atol=0.1)


def test_more_examples_than_dimensions_give_the_same_linear_classifier() -> None:
    vectors, names = clusters(3, 40, spread=0.3)
    model = RECOGNISERS["linear"](Examples.of(vectors, names))
    examples = Examples.of(vectors, names)
    wide = np.concatenate([examples.vectors, np.zeros((120, 200), np.float32)], axis=1)
    padded = RECOGNISERS["linear"](Examples(wide, examples.classes, examples.names))
    assert np.allclose(
        model.scores(vectors),
        padded.scores(np.concatenate([vectors, np.zeros((120, 200), np.float32)], axis=1)),
        atol=1e-5,
    )


def test_a_sample_keeps_small_names_whole() -> None:
    vectors, names = clusters(2, 50)
    examples = Examples.of(vectors[:55], names[:55])
    assert examples.sample(25).counts.tolist() == [20, 5]
    assert examples.sample(55) is examples


@pytest.mark.parametrize(
    ("vectors", "names"),
    [(circle(0), []), (np.zeros((0, 2), np.float32), []), (2 * circle(0), ["a"])],
)
def test_what_are_no_examples_is_said(vectors: Floats, names: list[str]) -> None:
    with pytest.raises(UsageError):
        Examples.of(vectors, names)


def test_an_unknown_kind_of_recogniser_is_said() -> None:
    with pytest.raises(UsageError, match="prototypes"):
        fit_names(Examples.of(circle(0), ["a"]), kind="oracle")
