"""From examples to a recogniser with probabilities, one of which is that of "none of these"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.evaluation import fit_calibration

from .examples import Examples
from .recognisers import RECOGNISERS, Recogniser, Scores, nearest_cosines

__all__ = ["DEFAULT_CURVE", "JUDGED", "LeftOut", "NameModel", "fit_names", "leave_out"]

DEFAULT_CURVE = (7.35, -3.9)
"""Slope and intercept of the probability that two pictures show the same kind of thing, by their
cosine, for a model whose card says none: those of the shipped one."""

JUDGED = 1500
"""So many examples are left out in turn; of more, a part that is even over the names."""

_SAME = 0.9999
"""Vectors of this cosine are of one picture: float16 and the order of sums change less."""

_FOLDS = 10
_LINEAR_CELLS = 20_000_000
_PRIOR_WEIGHT = 10.0
_USUAL_WEIGHT = 3.0
_TEMPERATURES = np.exp(np.linspace(np.log(0.005), np.log(1.0), 80))


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What a kind of recogniser says of each example when it is left out.

    ``examples`` are those judged, ``scores`` (n, names) without the example itself, ``known``
    and ``strange`` (n,) how familiar it looks without itself and without its whole name;
    ``judged`` marks those whose name has another example.
    """

    kind: str
    examples: Examples
    scores: Scores
    known: NDArray[np.float64]
    strange: NDArray[np.float64]
    judged: NDArray[np.bool_]
    temperature: float

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which of the judged examples get their own name."""
        scores, classes = self.scores[self.judged], self.examples.classes[self.judged]
        return np.asarray(scores.argmax(axis=1) == classes)

    @property
    def accuracy(self) -> float:
        """The mean over the names of the share that is right; NaN if none can be judged."""
        classes = self.examples.classes[self.judged]
        if not len(classes):
            return float("nan")
        counts = np.bincount(classes)
        rights = np.bincount(classes, self.right)
        return float((rights[counts > 0] / counts[counts > 0]).mean())


@dataclass(frozen=True, slots=True, eq=False)
class NameModel:
    """A recogniser fitted to examples.

    The probability that a picture shows a known thing is q = 1 / (1 + exp(-(a u + b))), where u
    is the mean of the best score and the cosine of the nearest example; that of a name is
    q · softmax(scores / temperature). Together with "unknown", 1 - q, they sum to one. A picture
    that is itself an example has the name it was given, whatever its fellows say; of several
    names each has the same probability.
    """

    kind: str
    recogniser: Recogniser
    examples: Examples
    temperature: float
    curve: tuple[float, float]
    left_out: LeftOut | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are told apart, in alphabetical order."""
        return self.examples.names

    def probabilities(self, vectors: NDArray[np.floating]) -> tuple[Scores, NDArray[np.float64]]:
        """Return the probabilities of the names (m, names) and of "unknown" (m,)."""
        queries = np.ascontiguousarray(vectors, dtype=np.float32)
        scores = self.recogniser.scores(queries)
        cosines = queries @ self.examples.vectors.T
        nearest = cosines.max(axis=1).astype(np.float64)
        known = _logistic(self.curve, (scores.max(axis=1) + nearest) / 2.0)
        probabilities = _softmax(scores / self.temperature) * known[:, None]
        for row in np.flatnonzero(nearest >= _SAME):
            given = np.unique(self.examples.classes[cosines[row] >= _SAME])
            probabilities[row] = 0.0
            probabilities[row, given] = 1.0 / len(given)
            known[row] = 1.0
        return probabilities, 1.0 - known


def fit_names(
    examples: Examples,
    *,
    kind: str | None = None,
    curve: tuple[float, float] = DEFAULT_CURVE,
    judged: int = JUDGED,
) -> NameModel:
    """Fit the recogniser that does best on examples left out, and calibrate it on them.

    Args:
        examples: what to learn.
        kind: one of :data:`RECOGNISERS`; None chooses by leave-one-out accuracy (mean over
            names), and takes the first where they are equal or nothing can be left out.
        curve: slope and intercept of the model's own calibration, from which that of "unknown"
            starts.
        judged: leave out no more than about so many.

    Raises:
        UsageError: there is no such kind.
    """
    if kind is not None and kind not in RECOGNISERS:
        raise UsageError(f"There is no recogniser {kind!r}; expected {', '.join(RECOGNISERS)}.")
    names = len(examples.names)
    kinds = [kind] if kind is not None else list(RECOGNISERS)
    if kind is None and len(examples) * names > _LINEAR_CELLS:
        kinds.remove("linear")
    sample = examples.sample(max(judged, min(2 * names, 2 * judged)))
    trials = [leave_out(sample, one) for one in kinds] if len(sample) > 1 else []
    if not trials:
        maker = RECOGNISERS[kinds[0]]
        return NameModel(kinds[0], maker(examples), examples, maker.temperature, curve, None)
    best = max(trials, key=lambda trial: np.nan_to_num(trial.accuracy))
    return NameModel(
        best.kind,
        RECOGNISERS[best.kind](examples),
        examples,
        best.temperature,
        _curve(best, curve),
        best,
    )


def leave_out(examples: Examples, kind: str) -> LeftOut:
    """Score every example without its fold, and without its name, and fit the temperature.

    The folds take the examples of each name in turn, so that names of equal size stay so: were
    one example left out at a time, its name alone would be weaker than the others.
    """
    recogniser = RECOGNISERS[kind](examples)
    folds = _folds(examples)
    scores = recogniser.left_out(folds)
    known = (scores.max(axis=1) + nearest_cosines(examples, folds)) / 2.0
    others = recogniser.left_out(examples.classes)
    others[np.arange(len(examples)), examples.classes] = -1.0
    strange = (others.max(axis=1) + nearest_cosines(examples, examples.classes)) / 2.0
    judged = np.asarray(examples.counts[examples.classes] > 1)
    temperature = _temperature(
        scores[judged], examples.classes[judged], RECOGNISERS[kind].temperature
    )
    return LeftOut(kind, examples, scores, known, strange, judged, temperature)


def _folds(examples: Examples) -> NDArray[np.int64]:
    """Return the fold of each example: its place within its name, modulo the number of folds."""
    starts = np.cumsum(examples.counts) - examples.counts
    places = np.arange(len(examples)) - starts[examples.classes]
    return (places % _FOLDS).astype(np.int64)


def _temperature(scores: Scores, classes: NDArray[np.int64], usual: float) -> float:
    """Return the temperature of the least cross-entropy, drawn towards the usual one.

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. The
    pull, weight · log(T / usual)² / 2, decides where there is little to fit to.
    """
    if not len(classes) or scores.shape[1] < 2:
        return usual
    rows = np.arange(len(classes))

    def loss(temperature: float) -> float:
        logits = scores / temperature
        logits -= logits.max(axis=1, keepdims=True)
        entropy = np.log(np.exp(logits).sum(axis=1)) - logits[rows, classes]
        pull = _PRIOR_WEIGHT * np.log(temperature / usual) ** 2 / 2.0
        return float(entropy.sum() + pull)

    return _least(loss)


def _least(loss: Callable[[float], float]) -> float:
    return float(min(_TEMPERATURES, key=loss))


def _curve(trial: LeftOut, model_curve: tuple[float, float]) -> tuple[float, float]:
    """Return slope and intercept of "known" by how familiar an example looks.

    Platt's fit of examples left out alone (known) against examples left out with their whole name
    (unknown), both kinds weighing the same; a prior curve counts as ten observations of its own.
    The prior has the slope of the model's own calibration and crosses one half where that does,
    drawn to one standard deviation above the mean of the unknown ones, as if by three
    observations. With one name alone there is nothing but the model's calibration.
    """
    if len(trial.examples.names) < 2:
        return model_curve
    known, strange = trial.known[trial.judged], trial.strange
    slope, usual = model_curve[0], -model_curve[1] / model_curve[0]
    found = float(strange.mean() + strange.std())
    middle = (len(strange) * found + _USUAL_WEIGHT * usual) / (len(strange) + _USUAL_WEIGHT)
    prior = (slope, -slope * middle)
    if not len(known):
        return prior
    grid = np.linspace(0.0, 1.0, 11)
    share = np.clip(_logistic(prior, grid), 0.01, 0.99)
    each = (len(known) + len(strange)) / 2.0
    weights = np.concatenate(
        [
            np.full(len(known), each / len(known)),
            np.full(len(strange), each / len(strange)),
            _PRIOR_WEIGHT / len(grid) * share,
            _PRIOR_WEIGHT / len(grid) * (1.0 - share),
        ]
    )
    matches = np.repeat([True, False, True, False], [len(known), len(strange), 11, 11])
    slope, intercept = fit_calibration(
        np.concatenate([known, strange, grid, grid]), matches, weights=weights
    )
    return (slope, intercept) if slope > 0 else prior


def _logistic(curve: tuple[float, float], values: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-(curve[0] * values + curve[1])))
    return result


def _softmax(logits: Scores) -> Scores:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Scores = powers / powers.sum(axis=1, keepdims=True)
    return result
