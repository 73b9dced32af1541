"""Which candidates are read in full."""

from __future__ import annotations

import numpy as np

from lookalike.index.promise import promising


def test_those_that_cannot_be_among_the_best_are_left_unread() -> None:
    scores = np.linspace(0.9, 0.5, 30).astype(np.float32)
    near = 2.0 - 2.0 * (scores - 0.1)  # the code leaves out 0.1 of every cosine
    hopes = np.array([0.71, 0.76, 0.77, 0.9], dtype=np.float32)
    far = 2.0 - 2.0 * (hopes - 0.1)
    assert np.isclose(scores[9], 0.776, atol=1e-3)
    assert promising(near, scores, far, 10).tolist() == [False, False, False, True]
    assert promising(near, scores, far, 20).tolist() == [True] * 4


def test_the_more_the_code_errs_the_more_are_read() -> None:
    generator = np.random.default_rng(0)
    scores = np.sort(generator.uniform(0.4, 0.9, 40))[::-1].astype(np.float32)
    far = (2.0 - 2.0 * np.linspace(0.9, 0.2, 100)).astype(np.float32)
    noise = [generator.normal(size=40) * error for error in (0.0, 0.02, 0.1)]
    read = [
        np.count_nonzero(
            promising((2.0 - 2.0 * (scores + one)).astype(np.float32), scores, far, 10)
        )
        for one in noise
    ]
    assert 0 < read[0] < read[1] < read[2] <= 100


def test_all_are_read_while_there_are_too_few() -> None:
    few = np.ones(3, dtype=np.float32)
    assert promising(few, few, np.full(5, 4.0, np.float32), 4).all()
    assert len(promising(few, few, few[:0], 2)) == 0
