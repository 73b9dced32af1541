"""What a study found: its trials, the best one first, and the recipe that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.training.recipe import Recipe

__all__ = ["CHECKED", "Trial", "Tuning"]

CHECKED = 2
"""Over how many other seeds the best trial is compared with the recipe as given."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One recipe that was tried, and the MAP@R, in [0, 1], that it reached on the select classes.

    ``score`` is None where the loss was no number any more; ``given`` tells whether the recipe
    is the one that the study started from, unchanged.
    """

    number: int
    score: float | None
    settings: Mapping[str, Any]
    epochs: int
    seconds: float
    given: bool = False


@dataclass(frozen=True, slots=True)
class Tuning:
    """All trials of a study, the best one first, and the recipe that is kept.

    ``check`` holds the mean score over other seeds of the recipe as given and of the best
    trial's; what is kept is the better of the two. It is None when they are the same.
    """

    folder: Path
    trials: tuple[Trial, ...]
    check: tuple[float, float] | None
    best: Recipe

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        trials = [
            {
                "rank": rank,
                "trial": trial.number,
                "selection_map_at_r": trial.score,
                "settings": dict(trial.settings),
                "epochs": trial.epochs,
                "seconds": round(trial.seconds, 2),
            }
            for rank, trial in enumerate(self.trials, start=1)
        ]
        check = (
            None if self.check is None else dict(zip(("given", "best"), self.check, strict=True))
        )
        return {"folder": str(self.folder), "trials": trials, "other_seeds": check}

    def describe(self) -> str:
        """Return in a sentence or two what came out."""
        first = next((trial for trial in self.trials if trial.given), None)
        best = self.trials[0]
        if best.score is None:
            return "No trial came to an end: the loss was no number in any. Try lower rates."
        if self.check is None:
            return "No trial is better on the select classes than the recipe as it was given."
        given, found = self.check
        start = ""
        if first is not None and first.score is not None:
            start = f", the recipe as given {100 * first.score:.1f}"
        sentence = (
            f"Trial {best.number} reaches MAP@R {100 * best.score:.1f} on the select classes"
            f"{start}. Over {CHECKED} other seeds it is {100 * found:.1f} and {100 * given:.1f}."
        )
        return sentence if found > given else f"{sentence} The given one is kept."
