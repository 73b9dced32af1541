"""Three ways to tell names apart from a few examples, all on stored vectors.

Each scores a picture for every name, higher for more alike and on the scale of a cosine, and says
in closed form what it would score its own examples had a group of them not been given.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .examples import Examples

__all__ = [
    "RECOGNISERS",
    "LinearClassifier",
    "NearestNeighbours",
    "Prototypes",
    "Recogniser",
    "nearest_cosines",
]

Scores: TypeAlias = NDArray[np.floating]

_NEVER = -1.0
"""The score of a name with no example left: that of the opposite picture."""


class Recogniser(Protocol):
    """Scores vectors for each name of its examples."""

    def __init__(self, examples: Examples) -> None: ...

    def scores(self, vectors: NDArray[np.float32]) -> Scores:
        """Return the scores (m, names) of vectors (m, d) of length 1."""

    def left_out(self, groups: NDArray[np.int64]) -> Scores:
        """Return the scores (n, names) of the examples, each as if its group had not been given.

        ``groups`` numbers them, shape (n,). A name without any example scores -1, or with the
        linear classifier something near 0.
        """


class Prototypes:
    """The cosine to each name's mean vector.

    s_c(x) = x · m_c / |m_c|, m_c the mean of the examples of c. (Snell, Swersky and Zemel,
    Prototypical Networks for Few-shot Learning, NeurIPS 2017, with the cosine for the distance.)
    """

    temperature = 0.05

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        self._sums = self._summed(np.arange(len(examples)))
        self._units = _normalised(self._sums)

    def scores(self, vectors: NDArray[np.float32]) -> Scores:
        """Return the cosines (m, names) to the prototypes."""
        result: Scores = vectors @ self._units.T
        return result

    def left_out(self, groups: NDArray[np.int64]) -> Scores:
        """Return the cosines to the prototypes of the other groups."""
        examples = self._examples
        scores = np.empty((len(examples), len(examples.names)))
        for rows in _members(groups):
            left = examples.counts - np.bincount(
                examples.classes[rows], minlength=len(examples.names)
            )
            units = _normalised(self._sums - self._summed(rows))
            scores[rows] = np.where(left > 0, examples.vectors[rows] @ units.T, _NEVER)
        return scores

    def _summed(self, rows: NDArray[np.int64]) -> Scores:
        """Return the sum of these examples for each name, (names, d)."""
        examples = self._examples
        sums = np.zeros((len(examples.names), examples.vectors.shape[1]))
        np.add.at(sums, examples.classes[rows], examples.vectors[rows].astype(np.float64))
        return sums


class NearestNeighbours:
    """A soft mean of the cosines to the k nearest examples of each name.

    s_c(x) = τ log((1/k_c) Σ exp(x · x_i / τ)) over the k_c = min(k, n_c) examples of c nearest to
    x. Between the nearest one (τ → 0) and their mean (τ → ∞). (Cover and Hart, Nearest Neighbor
    Pattern Classification, 1967; with weights exp(cosine / τ) as in Wu, Xiong, Yu and Lin,
    Unsupervised Feature Learning via Non-Parametric Instance Discrimination, CVPR 2018. Taken for
    each name apart, so that a name with many examples has no advantage.)
    """

    temperature = 0.04
    k = 10
    softness = 0.1

    def __init__(self, examples: Examples) -> None:
        self._examples = examples

    def scores(self, vectors: NDArray[np.float32]) -> Scores:
        """Return the soft means (m, names)."""
        return self._reduced(vectors @ self._examples.vectors.T)

    def left_out(self, groups: NDArray[np.int64]) -> Scores:
        """Return the soft means over the examples of other groups."""
        cosines = self._examples.vectors @ self._examples.vectors.T
        cosines[groups[:, None] == groups[None, :]] = -np.inf
        return self._reduced(cosines)

    def _reduced(self, cosines: NDArray[np.float32]) -> Scores:
        """Return the soft means for cosines (m, n); a cosine of -inf is of no example."""
        counts = self._examples.counts
        scores = np.full((len(cosines), len(counts)), _NEVER)
        for place, (end, count) in enumerate(zip(np.cumsum(counts), counts, strict=True)):
            part = cosines[:, end - count : end].astype(np.float64)
            if count > self.k:
                part = np.partition(part, count - self.k, axis=1)[:, -self.k :]
            present = np.isfinite(part).sum(axis=1)
            some = present > 0
            weights = np.exp((part[some] - 1.0) / self.softness).sum(axis=1) / present[some]
            scores[some, place] = 1.0 + self.softness * np.log(weights)
        return scores


class LinearClassifier:
    """Ridge regression onto one-of-n targets, each name weighing the same.

    Minimises Σ_i w_i |y_i - B x_i|² + λ |B|² with w_i = n / (names · n_c), in closed form; the
    scores are B x. (Hoerl and Kennard, Ridge Regression, 1970; as a few-shot classifier:
    Bertinetto, Henriques, Torr and Vedaldi, Meta-learning with differentiable closed-form
    solvers, ICLR 2019.) With K = X̃ X̃ᵀ + λ I and α = K⁻¹ Ỹ, where a tilde marks rows times √w_i,
    the regressed targets of a group J left out are Ỹ_J - ((K⁻¹)_JJ)⁻¹ α_J, the weights staying as
    they are (Rifkin and Lippert, Notes on Regularized Least Squares, 2007).
    """

    temperature = 0.04
    strength = 1.0

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        counts = examples.counts
        weights = len(examples) / (len(counts) * counts[examples.classes])
        self._roots: Scores = np.sqrt(weights)
        self._rows = examples.vectors * self._roots[:, None].astype(np.float32)
        self._targets = np.zeros((len(examples), len(counts)))
        self._targets[np.arange(len(examples)), examples.classes] = self._roots
        self._inverse: Any = None  # made when it is first needed
        count, width = self._rows.shape
        self._weights: Scores
        if count <= width:
            self._weights = self._rows.T @ (self._kernel_inverse() @ self._targets)
        else:
            gram = (self._rows.T @ self._rows).astype(np.float64)
            gram[np.diag_indices(width)] += self.strength
            self._weights = np.linalg.solve(gram, self._rows.T @ self._targets)

    def scores(self, vectors: NDArray[np.float32]) -> Scores:
        """Return the regressed targets (m, names)."""
        result: Scores = vectors @ self._weights
        return result

    def left_out(self, groups: NDArray[np.int64]) -> Scores:
        """Return the regressed targets by the classifier of the other groups."""
        inverse = self._kernel_inverse()
        alpha = inverse @ self._targets
        scores = np.empty_like(self._targets)
        for rows in _members(groups):
            block = inverse[np.ix_(rows, rows)]
            scores[rows] = self._targets[rows] - np.linalg.solve(block, alpha[rows])
        scores /= self._roots[:, None]
        return scores

    def _kernel_inverse(self) -> Scores:
        if self._inverse is None:
            kernel = (self._rows @ self._rows.T).astype(np.float64)
            kernel[np.diag_indices(len(kernel))] += self.strength
            self._inverse = np.linalg.inv(kernel)
        inverse: Scores = self._inverse
        return inverse


RECOGNISERS: dict[str, type[Prototypes] | type[NearestNeighbours] | type[LinearClassifier]] = {
    "linear": LinearClassifier,
    "prototypes": Prototypes,
    "neighbours": NearestNeighbours,
}
"""Every recogniser by its name; the first one is taken when the examples cannot choose."""


def nearest_cosines(examples: Examples, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cosine of each example to the nearest one of another group, (n,); -1 if none."""
    cosines = examples.vectors @ examples.vectors.T
    cosines[groups[:, None] == groups[None, :]] = _NEVER
    nearest: NDArray[np.float64] = cosines.max(axis=1).astype(np.float64)
    return nearest


def _members(groups: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows of each group."""
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    return [rows.astype(np.int64) for rows in np.split(order, ends)]


def _normalised(rows: Scores) -> Scores:
    result: Scores = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return result
