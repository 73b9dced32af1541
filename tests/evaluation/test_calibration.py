"""Calibration error and fit: closed forms, recovery of known parameters, extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lookalike import UsageError
from lookalike.evaluation import expected_calibration_error, fit_calibration


def test_bins_of_equal_mass_by_hand() -> None:
    """Two bins: (0.1, 0.2) with no match, and (0.4, 0.9) with two: 0.3 / 4 + 0.7 / 4."""
    probabilities, matches = [0.9, 0.1, 0.4, 0.2], [True, False, True, False]
    error = expected_calibration_error(probabilities, matches, bins=2, equal_mass=True)
    assert error == pytest.approx((0.3 + 0.7) / 4)
    one = expected_calibration_error(probabilities, matches, bins=1, equal_mass=True)
    assert one == pytest.approx(abs(2 - 1.6) / 4)
    many = expected_calibration_error(probabilities, matches, bins=9, equal_mass=True)
    assert many == pytest.approx((0.1 + 0.1 + 0.6 + 0.2) / 4)
    assert expected_calibration_error([], [], equal_mass=True) == 0.0


def test_the_order_of_equal_probabilities_says_nothing() -> None:
    for matches in ([True, True, False, False], [True, False, True, False]):
        error = expected_calibration_error([0.5] * 4, matches, bins=2, equal_mass=True)
        assert error == pytest.approx(0.0)


def test_perfect_certainty_has_no_error() -> None:
    assert expected_calibration_error([1.0, 0.0, 1.0], [True, False, True]) == 0.0


def test_certainty_that_is_always_wrong_has_error_one() -> None:
    assert expected_calibration_error([1.0, 0.0], [False, True]) == 1.0


def test_error_by_hand() -> None:
    # bin of 0.95: three quarters match; bin of 0.35: half match
    probabilities = [0.95] * 4 + [0.35] * 2
    matches = [True, True, True, False, True, False]
    expected = 4 / 6 * abs(0.75 - 0.95) + 2 / 6 * abs(0.5 - 0.35)
    assert expected_calibration_error(probabilities, matches, bins=10) == pytest.approx(expected)


def test_one_bin_compares_the_means() -> None:
    assert expected_calibration_error([0.2, 0.6], [True, False], bins=1) == pytest.approx(0.1)


def test_nothing_has_no_error() -> None:
    assert expected_calibration_error([], []) == 0.0


@given(
    arrays.arrays(np.float64, 30, elements=st.floats(0, 1)),
    arrays.arrays(np.bool_, 30),
    st.integers(1, 40),
)
def test_error_lies_between_the_gap_of_the_means_and_one(
    probabilities: np.ndarray, matches: np.ndarray, bins: int
) -> None:
    error = expected_calibration_error(probabilities, matches, bins=bins)
    assert abs(matches.mean() - probabilities.mean()) - 1e-9 <= error <= 1.0 + 1e-9


def test_known_parameters_are_recovered() -> None:
    random = np.random.default_rng(3)
    scores = random.uniform(-1, 1, 40_000)
    matches = random.random(40_000) < 1 / (1 + np.exp(-(7.0 * scores - 2.0)))
    slope, intercept = fit_calibration(scores, matches)
    assert slope == pytest.approx(7.0, abs=0.3)
    assert intercept == pytest.approx(-2.0, abs=0.15)


def test_a_fit_is_calibrated_on_what_it_was_fitted_to() -> None:
    random = np.random.default_rng(4)
    scores = random.normal(0.4, 0.2, 20_000)
    matches = random.random(20_000) < 1 / (1 + np.exp(-(12.0 * scores - 5.0)))
    slope, intercept = fit_calibration(scores, matches)
    fitted = 1 / (1 + np.exp(-(slope * scores + intercept)))
    assert fitted.mean() == pytest.approx(matches.mean(), abs=1e-3)
    assert expected_calibration_error(fitted, matches) < 0.02


def test_shifted_scores_shift_the_intercept_alone() -> None:
    random = np.random.default_rng(5)
    scores = random.normal(size=500)
    matches = scores + random.normal(size=500) > 0
    slope, intercept = fit_calibration(scores, matches)
    moved_slope, moved_intercept = fit_calibration(scores + 3.0, matches)
    assert moved_slope == pytest.approx(slope, rel=1e-6)
    assert moved_intercept == pytest.approx(intercept - 3.0 * slope, rel=1e-6)


def test_scores_that_separate_give_finite_numbers() -> None:
    slope, intercept = fit_calibration([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    assert np.isfinite([slope, intercept]).all()
    assert slope > 0
    assert -intercept / slope == pytest.approx(0.5)


def test_scores_that_say_nothing_give_the_base_rate() -> None:
    slope, intercept = fit_calibration([1.0, -1.0] * 50, [True, True, False, False] * 25)
    assert slope == pytest.approx(0.0, abs=1e-6)
    assert intercept == pytest.approx(0.0, abs=1e-6)


def test_weights_stand_for_repetitions() -> None:
    scores, matches = [0.1, 0.4, 0.5, 0.9], [False, True, False, True]
    light = fit_calibration(scores * 50, matches * 50, weights=[1, 1, 3, 1] * 50)
    assert light[0] < fit_calibration(scores * 50, matches * 50)[0]


def test_wrong_use_is_said() -> None:
    with pytest.raises(UsageError, match="shape"):
        expected_calibration_error([0.5], [True, False])
    with pytest.raises(UsageError, match="outside"):
        expected_calibration_error([1.5], [True])
    with pytest.raises(UsageError, match="bins"):
        expected_calibration_error([0.5], [True], bins=0)
    with pytest.raises(UsageError, match="NaN"):
        fit_calibration([np.nan, 1.0], [True, False])
    with pytest.raises(UsageError, match="Both"):
        fit_calibration([0.1, 0.2], [True, True])
    with pytest.raises(UsageError, match="weights"):
        fit_calibration([0.1, 0.2], [True, False], weights=[1.0, 0.0])
