"""A search for better settings of a recipe, judged on the select classes alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lookalike.errors import CheckpointError, DivergedError, TrainingError, UsageError
from lookalike.results import Progress
from lookalike.training.data import DataSet, Split, audit, read_data, split_classes
from lookalike.training.recipe import Recipe
from lookalike.training.run import Prepared

from .space import Space, changed_by, default_space, value_of

if TYPE_CHECKING:
    import optuna

__all__ = ["Trial", "Tuning", "tune"]

_STUDY = "study.db"
_KEPT = ("recipe.toml", "log.jsonl")
_CHECKED = 2


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
            f"{start}. Over {_CHECKED} other seeds it is {100 * found:.1f} and {100 * given:.1f}."
        )
        return sentence if found > given else f"{sentence} The given one is kept."


def tune(
    data: DataSet | Sequence[str | Path],
    *,
    out: str | Path,
    recipe: Recipe | None = None,
    split: Split | None = None,
    trials: int = 20,
    space: Space | None = None,
    seed: int = 0,
    timeout: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Tuning:
    """Try settings of a recipe and keep those that serve the select classes best.

    The report classes are not even read. The first trial is the recipe itself, where the ranges
    hold it; the others are drawn by
    the tree-structured Parzen estimator (Bergstra et al., Algorithms for Hyper-Parameter
    Optimization, NeurIPS 2011) of Optuna. The best one and the recipe as given are then trained
    with other seeds, and the better one is written to ``best.toml``. The study is kept in ``out``;
    the same call goes on where it was ended, and a trial that was cut off is made again.

    Args:
        data: folders and tables as for :func:`read_data`, or what it gave.
        out: folder of the study.
        recipe: what to start from; None is the preset "head".
        split: which pictures to fit on and to choose by; None divides as the recipe says.
        trials: how many in all, those of before included.
        space: ranges by the names of settings, over those that are varied anyway.
        seed: of the search.
        timeout: seconds after which no new trial is begun.

    Raises:
        UsageError: a number or a range makes no sense.
        TrainingDataError: nothing can be learned from the pictures.
        CheckpointError: the folder holds a study of another recipe, of other data or ranges.
        TrainingError: another process tunes there, or the disk is full.
    """
    if trials < 1:
        raise UsageError(f"trials is {trials}; expected 1 or more.")
    recipe, say = recipe or Recipe(), say or _silent
    pictures = data if isinstance(data, DataSet) else read_data(data)
    if split is None:
        split = split_classes(pictures, fractions=recipe.fractions, seed=recipe.seed)
    split = audit(pictures, split).without_duplicates(split)
    known, split = _without_report(pictures, split)
    say("\n".join(split.describe().splitlines()[:2]))
    classes = len({known.labels[int(number)] for number in split.fit})
    recipe = recipe.changed(classes_per_batch=min(recipe.classes_per_batch, classes))
    ranges = default_space(recipe, classes=classes) | dict(space or {})
    folder = Path(out).expanduser()
    runs = _Runs(known, split, folder, progress)
    with _alone(folder):
        study = _study(folder, recipe, known, ranges, seed=seed)
        _settle(study)
        start = {name: value_of(recipe, name) for name in ranges}
        if not study.trials and all(ranges[name].holds(value) for name, value in start.items()):
            study.enqueue_trial(start)
        began = time.monotonic()
        while _ended(study) < trials:
            if timeout is not None and time.monotonic() - began > timeout:
                say(f"The time is over after {_ended(study)} of {trials} trials.")
                break
            _one_trial(study, runs, recipe, ranges, trials)
        found = _trials(study, recipe)
        check, best = runs.check(recipe, found)
        best.write(folder / "best.toml")
        _write_table(folder / "trials.csv", found, sorted(ranges))
    result = Tuning(folder, found, check, best)
    say(result.describe())
    return result


class _Runs:
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
        history = prepared.run(resume=False, say=_silent)
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
                for other in range(1, _CHECKED + 1):
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


def _one_trial(
    study: optuna.Study, runs: _Runs, recipe: Recipe, ranges: Space, trials: int
) -> None:
    from optuna.trial import TrialState

    trial = study.ask()
    number = _ended(study)
    best = [one.value for one in study.trials if one.value is not None]
    runs.stage = f"trial {number + 1} of {trials}"
    if best:
        runs.stage += f", best so far {100 * max(best):.1f}"
    settings = {name: choice.suggest(name, trial) for name, choice in ranges.items()}
    began = time.monotonic()
    try:
        score, epochs = runs.score(changed_by(recipe, settings), f"{number:04}")
    except DivergedError as error:
        trial.set_user_attr("problem", str(error))
        trial.set_user_attr("seconds", time.monotonic() - began)
        study.tell(trial, state=TrialState.PRUNED)
        return
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        study.enqueue_trial(settings)
        raise
    trial.set_user_attr("epochs", epochs)
    trial.set_user_attr("seconds", time.monotonic() - began)
    study.tell(trial, score)


def _study(
    folder: Path, recipe: Recipe, data: DataSet, ranges: Space, *, seed: int
) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    text = f"{recipe.fingerprint} {data.fingerprint} {sorted(ranges.items())}"
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    storage = optuna.storages.RDBStorage(f"sqlite:///{(folder / _STUDY).absolute()}")
    study = optuna.create_study(
        study_name="lookalike", storage=storage, direction="maximize", load_if_exists=True
    )
    before = study.user_attrs.get("fingerprint", fingerprint)
    if before != fingerprint:
        raise CheckpointError(
            f"{folder} holds a study of another recipe, of other pictures or ranges. Name another "
            "folder with --out, or remove this one."
        )
    study.set_user_attr("fingerprint", fingerprint)
    # Another seed after each trial: a study that goes on must not draw the same again.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.trials))
    return study


def _settle(study: optuna.Study) -> None:
    """Take what a killed process left running as failed, and ask for it again."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        settings = trial.system_attrs.get("fixed_params") or trial.params
        if settings:
            study.enqueue_trial(settings)


def _ended(study: optuna.Study) -> int:
    from optuna.trial import TrialState

    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=states))


def _trials(study: optuna.Study, recipe: Recipe) -> tuple[Trial, ...]:
    from optuna.trial import TrialState

    ended = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    found = [
        Trial(
            number,
            trial.value,
            trial.params,
            trial.user_attrs.get("epochs", 0),
            trial.user_attrs.get("seconds", 0.0),
            changed_by(recipe, trial.params).fingerprint == recipe.fingerprint,
        )
        for number, trial in enumerate(ended)
    ]
    return tuple(
        sorted(found, key=lambda one: (one.score is None, -(one.score or 0.0), one.number))
    )


def _write_table(path: Path, trials: Sequence[Trial], names: Sequence[str]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["rank", "trial", "selection_map_at_r", *names, "epochs", "seconds"])
    for rank, trial in enumerate(trials, start=1):
        score = "" if trial.score is None else f"{trial.score:.6f}"
        settings = [trial.settings.get(name, "") for name in names]
        row = [rank, trial.number, score, *settings, trial.epochs, f"{trial.seconds:.2f}"]
        writer.writerow(row)
    path.write_text(stream.getvalue(), encoding="utf-8")


def _without_report(data: DataSet, split: Split) -> tuple[DataSet, Split]:
    """Return data and split without the report part, which a search may not see."""
    kept = np.concatenate([split.fit, split.select])
    smaller = data.select(kept)
    numbers = np.arange(len(kept), dtype=np.int64)
    fit, select = numbers[: len(split.fit)], numbers[len(split.fit) :]
    names = tuple(sample.name for sample in smaller.samples)
    nothing = np.zeros(0, np.int64)
    return smaller, Split(fit, select, nothing, split.seed, split.fractions, names, smaller.labels)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from tuning in the same folder; say in a sentence what fails there."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "tune.lock", timeout=0):
            yield
    except Timeout:
        raise TrainingError(f"Another process is tuning in {folder}.") from None
    except OSError as error:
        if isinstance(error, TrainingError):
            raise
        raise TrainingError(
            f"{folder} cannot be written: {error.strerror or error}. What is there is kept."
        ) from error


def _silent(sentence: str) -> None:
    pass
