"""Lists that do not say the same thing ten times."""

from __future__ import annotations

import numpy as np

from lookalike.query.ranking.diversity import diversified


def test_diversity_is_the_formula_of_the_paper() -> None:
    random = np.random.default_rng(1)
    vectors = random.normal(size=(30, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = random.random(30)
    for diversity in (0.2, 0.5, 0.9):
        taken: list[int] = []
        for _ in range(8):
            values = {
                i: (1 - diversity) * scores[i]
                - (diversity * max(vectors[i] @ vectors[j] for j in taken) if taken else 0)
                for i in range(30)
                if i not in taken
            }
            taken.append(max(values, key=lambda i: values[i]))
        assert diversified(scores, vectors, 8, diversity).tolist() == taken
    assert diversified(scores, vectors, 4, 0.0).tolist() == np.argsort(-scores)[:4].tolist()
    assert len(diversified(scores, vectors, 99, 0.5)) == 30
