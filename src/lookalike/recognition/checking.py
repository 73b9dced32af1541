"""How well the user's names are told apart, judged on examples that were left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lookalike.catalog.examples import Example
from lookalike.results import Confusion, Contradiction, LabelsCheck, LabelScore

from .fitting import NameModel

__all__ = ["check_names"]


def check_names(model: NameModel, examples: Sequence[Example]) -> LabelsCheck:
    """Return how the examples come out in the cross-validation that chose the recogniser."""
    by_picture: dict[tuple[int | None, int | None], list[Example]] = {}
    for example in examples:
        by_picture.setdefault((example.image_id, example.picture_id), []).append(example)
    contradictions = tuple(
        Contradiction(some[0].uri, tuple(one.name for one in some))
        for some in by_picture.values()
        if len(some) > 1
    )
    trial = model.left_out
    counts = model.examples.counts
    if trial is None:
        rows = tuple(
            LabelScore(name, int(count), 0, None, None)
            for name, count in zip(model.names, counts, strict=True)
        )
        return LabelsCheck(model.kind, None, None, rows, (), contradictions)
    slope, intercept = model.curve
    known = slope * trial.known + intercept > 0
    strange = slope * trial.strange + intercept > 0
    best = trial.scores.argmax(axis=1)
    names: list[LabelScore] = []
    confusions: list[Confusion] = []
    for place, name in enumerate(model.names):
        own = trial.judged & (trial.examples.classes == place)
        judged = int(own.sum())
        accuracy = float((best[own] == place).mean()) if judged else None
        kept = float(known[own].mean()) if judged else None
        names.append(LabelScore(name, int(counts[place]), judged, accuracy, kept))
        taken = np.bincount(best[own], minlength=len(counts))
        confusions += [
            Confusion(name, model.names[other], int(taken[other]))
            for other in np.flatnonzero(taken)
            if other != place
        ]
    confusions.sort(key=lambda one: (-one.count, one.name, one.taken_for))
    several = len(model.names) > 1
    return LabelsCheck(
        model.kind,
        trial.accuracy if trial.judged.any() else None,
        float((~strange).mean()) if several else None,
        tuple(names),
        tuple(confusions),
        contradictions,
    )
