"""Train the recipes of a study and say what each reaches on the select classes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lookalike.results import Progress
from lookalike.training.data import DataSet, Split
from lookalike.training.recipe import Recipe
from lookalike.training.run import Prepared

from .space import changed_by
from .trials import CHECKED, Trial

__all__ = ["Runs"]

_KEPT = ("recipe.toml", "log.jsonl")


class Runs:
    """Trains recipes and says what they reach; all share one cache of features."""

    def __init__(
        self,
        data: DataSet,
        split: Split,
        folder: Path,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._data, self._split, self._folder = data, split, folder
        self._progress = progress
        self.stage = ""

    def score(self, recipe: Recipe, name: str) -> tuple[float, int]:
        """Return MAP@R on the select classes, the best of the last stage, and the epochs."""
        place = self._folder / "trials" / name
        shutil.rmtree(place, ignore_errors=True)
        cache = self._folder / "cache"
        prepared = Prepared(self._data, self._split, recipe, place, cache, self._shown)
        history = prepared.run(resume=False, say=lambda _sentence: None)
        for entry in place.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name not in _KEPT:
                entry.unlink()
        last = [entry for entry in history if entry["stage"] == recipe.stages[-1]]
        return max(entry["selection_map_at_r"] for entry in last), len(history)

    def check(
        self, recipe: Recipe, found: Sequence[Trial]
    ) -> tuple[tuple[float, float] | None, Recipe]:
        """Train the given and the best recipe with other seeds; return means and the better."""
        if found[0].given or found[0].score is None:
            return None, recipe
        best = changed_by(recipe, found[0].settings)
        file = self._folder / "check.json"
        key = f"{found[0].number} {best.fingerprint}"
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if known.get("of") != key:
            means = []
            for name, one in (("given", recipe), ("best", best)):
                scores = []
                for other in range(1, CHECKED + 1):
                    self.stage = f"{name} recipe, other seed {other}"
                    seeded = one.changed(seed=one.seed + other)
                    scores.append(self.score(seeded, f"{name}-{other}")[0])
                means.append(float(np.mean(scores)))
            known = {"of": key, "means": means}
            file.write_text(json.dumps(known), encoding="utf-8")
        given, better = known["means"]
        return (given, better), best if better > given else recipe

    def _shown(self, state: Progress) -> None:
        if self._progress is not None:
            stage = f"{self.stage}: {state.stage}"
            self._progress(Progress(state.done, state.total, stage=stage))
