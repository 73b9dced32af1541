"""The closed-form heads."""

import numpy as np
import pytest

from lookalike.errors import TrainingDataError, UsageError
from lookalike.evaluation import map_at_r, rank_leave_one_out
from lookalike.training.whitening import (
    choose_whitening,
    fit_supervised_whitening,
    fit_whitening,
    normalised,
)


def _classes(seed: int, classes: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features in which half of the directions only tell pictures of a class apart."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    centres = np.concatenate([random.normal(size=(classes, 8)), np.zeros((classes, 8))], axis=1)
    noise = random.normal(size=(len(labels), 16)) * np.repeat([0.5, 3.0], 8)
    return (centres[labels] + noise).astype(np.float32), labels


def test_full_whitening_gives_the_unit_covariance_up_to_scale() -> None:
    random = np.random.default_rng(0)
    features = (random.normal(size=(400, 6)) * [1, 2, 3, 4, 5, 6] + 7).astype(np.float32)
    affine = fit_whitening(features, power=0.5, shrinkage=0.0)
    placed = (features - affine.mean) @ affine.projection
    covariance = placed.T @ placed / len(placed)
    np.testing.assert_allclose(covariance / covariance[0, 0], np.eye(6), atol=1e-3)


def test_power_zero_keeps_all_cosines_of_the_centred_features() -> None:
    features, _ = _classes(1, 5, 8)
    affine = fit_whitening(features, power=0.0)
    centred = normalised(features - features.mean(axis=0))
    np.testing.assert_allclose(
        affine.apply(features) @ affine.apply(features).T, centred @ centred.T, atol=1e-5
    )


def test_supervised_whitening_finds_unseen_classes_better_when_a_direction_is_noise() -> None:
    features, labels = _classes(2, 30, 6)
    others, other_labels = _classes(3, 30, 6)
    plain = fit_whitening(features)
    better, tried = choose_whitening(features, labels, others, other_labels, start=plain)
    unseen, unseen_labels = _classes(4, 30, 6)

    def quality(vectors: np.ndarray) -> float:
        return float(np.nanmean(map_at_r(rank_leave_one_out(vectors, unseen_labels))))

    assert quality(better.apply(unseen)) > quality(plain.apply(unseen)) + 0.1
    assert tried[0].power > 0.0
    assert [choice.map_at_r for choice in tried] == sorted(
        (choice.map_at_r for choice in tried), reverse=True
    )


def test_power_zero_is_the_start_itself() -> None:
    features, labels = _classes(5, 4, 5)
    start = fit_whitening(features)
    same = fit_supervised_whitening(features, labels, start, power=0.0)
    np.testing.assert_array_equal(same.projection, start.projection)


def test_constant_features_give_finite_embeddings() -> None:
    features = np.ones((5, 3), np.float32)
    assert np.isfinite(fit_whitening(features).apply(features)).all()


def test_wrong_input_is_refused_with_a_sentence() -> None:
    features, _ = _classes(6, 4, 5)
    start = fit_whitening(features)
    with pytest.raises(TrainingDataError, match="two pictures"):
        fit_supervised_whitening(features, range(len(features)), start)
    with pytest.raises(UsageError, match="labels for"):
        fit_supervised_whitening(features, [1, 2], start)
    with pytest.raises(UsageError, match="power"):
        fit_whitening(features, power=0.9)
    with pytest.raises(UsageError, match="shrinkage"):
        fit_supervised_whitening(features, [1] * len(features), start, shrinkage=0.0)
    with pytest.raises(TrainingDataError, match="two rows"):
        fit_whitening(features[:1])
    with pytest.raises(TrainingDataError, match="finite"):
        fit_whitening(np.full((3, 2), np.nan, np.float32))
