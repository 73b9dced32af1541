"""What a trained model's score means: as for the model that ships."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from lookalike.evaluation import fit_calibration, nearest_answers
from lookalike.training.export import UNFITTED, fit_scores


def clusters(spread: float, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(seed)
    middles = random.normal(size=(12, 16))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    vectors = np.repeat(middles, 20, axis=0) + spread * random.normal(size=(240, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = [f"class {number}" for number in range(12) for _ in range(20)]
    return vectors.astype(np.float32), labels


def test_the_probability_is_how_often_the_nearest_hit_is_right() -> None:
    vectors, labels = clusters(0.25)
    slope, intercept = fit_scores(vectors, labels)
    answers = nearest_answers(vectors, labels)
    predicted = 1.0 / (1.0 + np.exp(-(slope * answers.scores + intercept)))
    assert predicted.mean() == pytest.approx(answers.matches.mean(), abs=0.01)
    assert 0.0 < predicted.min() < 0.5 < predicted.max() < 1.0


def test_a_model_that_confuses_classes_promises_less_at_the_same_score() -> None:
    """The nearest is what is asked about, not the nearest of the right class."""
    sharp, blurred = (fit_scores(*clusters(spread)) for spread in (0.1, 0.6))
    at = {name: -(slope * 0.9 + intercept) for name, (slope, intercept) in
          {"sharp": sharp, "blurred": blurred}.items()}  # fmt: skip
    assert at["sharp"] < at["blurred"]


def test_a_higher_score_never_means_a_lower_probability() -> None:
    """Two pictures are right at a low score; of many others the nearest is near, and wrong."""
    angles = np.radians([0.0, 50.0, *range(180, 200)])
    labels = ["a", "a", *["b", "c"] * 10]
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    answers = nearest_answers(vectors, labels)
    assert fit_calibration(answers.scores, answers.matches)[0] < 0.0
    slope, intercept = fit_scores(vectors, labels)
    assert slope == 0.0
    share = (answers.matches.sum() + 1) / (len(answers.matches) + 2)
    assert 1 / (1 + np.exp(-intercept)) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("labels", [["a"] * 4, ["a", "b", "c", "d"], []])
def test_without_classes_to_choose_by_it_is_a_guess(labels: list[str]) -> None:
    vectors = np.eye(4, dtype=np.float32)[: len(labels)]
    assert fit_scores(vectors, labels) == UNFITTED
