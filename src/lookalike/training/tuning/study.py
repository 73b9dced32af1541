"""A search for better settings of a recipe, judged on the select classes alone."""

from __future__ import annotations

import csv
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import CheckpointError, DivergedError, UsageError
from lookalike.results import Progress
from lookalike.training.data import DataSet, Split, audit, read_data, split_classes
from lookalike.training.recipe import Recipe

from .alone import alone
from .runs import Runs
from .space import Space, changed_by, default_space, value_of
from .trials import Trial, Tuning

if TYPE_CHECKING:
    import optuna

__all__ = ["tune"]

_STUDY = "study.db"


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
    runs = Runs(known, split, folder, progress)
    with alone(folder):
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


def _one_trial(study: optuna.Study, runs: Runs, recipe: Recipe, ranges: Space, trials: int) -> None:
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


def _silent(sentence: str) -> None:
    pass
