"""Train, judge and keep: from pictures to a model folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.errors import TrainingError, UsageError
from lookalike.results import Progress

from .data import Audit, DataSet, Split, audit, read_data, split_classes
from .judging.table import Table, Verdict, judge
from .recipe import Recipe
from .reporting import write_report
from .run import Prepared
from .shipping.eight_bits import EightBits, quantise_model
from .steps.processes import is_first, joined, wait_for_all

__all__ = ["REPORT", "TrainingResult", "train"]

REPORT = "report.html"
"""The page about a run, in its folder."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a run made: its folder, the table of the report classes, and the gate's verdict.

    ``history`` holds one entry an epoch; ``audit`` the near duplicates across the split;
    ``eight_bits`` what these cost, when they were asked for, in the first process.
    """

    folder: Path
    data: DataSet
    split: Split
    audit: Audit
    table: Table
    verdict: Verdict
    history: tuple[dict[str, Any], ...]
    eight_bits: EightBits | None = None

    @property
    def promoted(self) -> bool:
        """Whether the model beats frozen + whitening on classes that it has not seen."""
        return self.verdict.promoted


def train(
    data: DataSet | Sequence[str | Path],
    *,
    out: str | Path,
    recipe: Recipe | None = None,
    split: Split | None = None,
    resume: bool = True,
    cache: str | Path | None = None,
    eight_bit: bool = False,
    progress: Callable[[Progress], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train an embedding on labelled or unlabelled pictures and judge it on unseen classes.

    A run that was ended goes on from its last checkpoint and gives the same losses as one that
    was not, when ``resume`` is true and recipe and data are the same.

    Args:
        data: folders and tables as for :func:`read_data`, or what it gave.
        out: folder of the model; made if it is not there.
        recipe: what to do; None is the preset "head".
        split: which pictures to fit, to choose and to report on; None divides the classes as the
            recipe says.
        cache: folder of computed features; by default beside what is trained.
        eight_bit: whether ``model.onnx`` shall be the graph in 8 bits; see
            :func:`quantise_model`, which does it.
        progress: called while the work goes on.
        say: called with sentences about split, duplicates and stages.

    Raises:
        TrainingDataError: nothing can be learned from the pictures.
        DivergedError: the loss is not finite; the last good checkpoint is kept.
        CheckpointError: the folder holds a run with another recipe or other data.
        TrainingError: the disk is full or may not be written.
    """
    recipe = recipe or Recipe()
    say = say or _silent
    pictures = data if isinstance(data, DataSet) else read_data(data, progress=_counting(progress))
    for note in pictures.notes:
        say(note)
    folder = Path(out).expanduser()
    if split is None:
        split = split_classes(pictures, fractions=recipe.fractions, seed=recipe.seed)
    say(split.describe())
    found = audit(pictures, split)
    say(found.describe())
    split = found.without_duplicates(split)
    with joined(), _storage(folder):
        prepared = Prepared(
            pictures, split, recipe, folder, Path(cache) if cache else folder / "cache", progress
        )
        history = prepared.run(resume=resume, say=say)
        table = prepared.table()
        verdict = judge(table)
        quantised = None
        if is_first():
            _write_results(folder, table, verdict, split)
            prepared.export(table, verdict)
            if eight_bit:
                quantised = quantise_model(folder, pictures, split=split, progress=progress)
            write_report(
                folder / REPORT,
                prepared.findings(table, verdict, history, [found.describe()]),
            )
        wait_for_all()
    say(verdict.sentence)
    if quantised is not None:
        say(quantised.describe())
    return TrainingResult(folder, pictures, split, found, table, verdict, tuple(history), quantised)


def _write_results(folder: Path, table: Table, verdict: Verdict, split: Split) -> None:
    split.save(folder / "split.json")
    values = table.to_dict() | {"verdict": verdict.to_dict()}
    (folder / "metrics.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    (folder / "metrics.md").write_text(table.markdown(), encoding="utf-8")


@contextlib.contextmanager
def _storage(folder: Path) -> Iterator[None]:
    """Say in a sentence that the folder cannot be written."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; a model is a folder.")
    try:
        yield
    except OSError as error:
        if isinstance(error, TrainingError):
            raise
        raise TrainingError(
            f"{folder} cannot be written: {error.strerror or error}. What is there is kept."
        ) from error


def _counting(progress: Callable[[Progress], None] | None) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(Progress(done, total, stage="reading"))


def _silent(sentence: str) -> None:
    pass
