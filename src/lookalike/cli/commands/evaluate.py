"""``lookalike evaluate``: what a model, or recommending, is worth on one's own data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.evaluating import evaluate_recommending
from lookalike.cli.options import (
    ImageColumnOption,
    JsonOption,
    LabelColumnOption,
    LibraryOption,
)
from lookalike.cli.progress import show_progress
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.recommendation.assessing import SplitBy
    from lookalike.training import DataSet, Split
    from lookalike.training.judging.evaluating import Evaluation, Robustness
    from lookalike.training.judging.seeds import Seeds

__all__ = ["evaluate"]


@command
def evaluate(
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA...",
            help="Folders with one folder for each class, or tables of path and label.",
            show_default=False,
        ),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME|FOLDER",
            help="Model, by its name or the folder of its files; may be repeated, for several "
            "seeds of one training. Default: efficientnet-lite0.",
            show_default=False,
        ),
    ] = None,
    label_columns: LabelColumnOption = None,
    image_column: ImageColumnOption = None,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Measure edited pictures as well, and, for a folder of lookalike train, attacks.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="Write a page as well: figures, classes, the worst queries, a map.",
            show_default=False,
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the tables alone, as Markdown.")
    ] = False,
    recommending: Annotated[
        bool,
        typer.Option(
            "--recommend", help="Measure recommending on the events of a library instead."
        ),
    ] = False,
    split_by: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="user|period",
            help="What --recommend foretells: each user's last events, or the last period's.",
        ),
    ] = "user",
    share: Annotated[
        float, typer.Option(metavar="S", help="How much of the events that is.")
    ] = 0.2,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Measure a model on pictures, or recommending on events.

    DATA are pictures of known classes. Some classes are set aside to report on; a model of
    lookalike train is measured on those that it has not seen. The other rows are what it has to
    beat. Numbers are percent, with intervals
    of 95 % over classes.

    \b
    Examples:
      lookalike evaluate products/
      lookalike evaluate products/ --model shoes.model --robustness
      lookalike evaluate products/ --model shoes.model --report shoes.html
      lookalike evaluate products/ --model seed-0.model --model seed-1.model
      lookalike evaluate --recommend
    """
    if recommending:
        if data:
            raise UsageError("--recommend takes no DATA: it uses the events of a library.")
        if report is not None:
            raise UsageError("--report is of pictures of known classes, not of --recommend.")
        split_name = cast("SplitBy", split_by)  # checked where it is measured
        return evaluate_recommending(
            library, split=split_name, share=share, markdown=markdown, as_json=as_json
        )
    if not data:
        raise UsageError("Name pictures of known classes to measure on, or give --recommend.")
    from lookalike.encoders import DEFAULT_MODEL
    from lookalike.training import read_data
    from lookalike.training.judging.evaluating import evaluate as measure
    from lookalike.training.judging.evaluating import evaluate_robustness, split_for
    from lookalike.training.judging.seeds import evaluate_seeds

    _refuse_models(data)
    model, *others = models or [DEFAULT_MODEL]
    if others and robustness:
        raise UsageError("--robustness takes one model.")
    if report is not None:
        _check_report(report, others)
    with show_progress() as progress:
        pictures = read_data(
            data, image_column=image_column, label_columns=tuple(label_columns or ())
        )
        if others:
            together = evaluate_seeds(pictures, [model, *others], progress=progress)
            _show_seeds(together, pictures, markdown=markdown, as_json=as_json)
            return DONE
        split = split_for(pictures, model)
        found = measure(pictures, model=model, split=split, progress=progress)
        tested = None
        if robustness:
            tested = evaluate_robustness(pictures, split, model=model, progress=progress)
    code = DONE
    if report is not None:
        known = _is_known(model, pictures)
        code = _write_report(report, pictures, found, tested, split_known=known)
    if as_json:
        extra = {} if tested is None else {"robustness": tested.to_dict()}
        values = found.table.to_dict() | {"per_class": found.table.per_class("trained")}
        say_json({"model": found.model} | values | extra)
        return code
    if not markdown:
        _introduce(f"{clean(found.model)}, the row 'trained',", split)
        _warn_of_unknown([model], pictures)
        say("")
    _show_tables(found, tested)
    return code


def _refuse_models(data: Sequence[str]) -> None:
    """Refuse the folder of a model where pictures are expected."""
    from lookalike.encoders.card import CARD_FILE

    for source in data:
        if (Path(source) / CARD_FILE).is_file():
            raise UsageError(f"{source} is a model: name it with --model, and DATA before it.")


def _show_tables(found: Evaluation, tested: Robustness | None) -> None:
    tables = [found.table.markdown()] + ([] if tested is None else [tested.markdown()])
    for line in "\n".join(tables).splitlines():
        say(line)


def _introduce(what: str, split: Split) -> None:
    say(f"{what} on these classes:")
    for line in split.describe().splitlines():
        say(f"  {line}")


def _check_report(file: Path, others: Sequence[str]) -> None:
    """Refuse what could not be written, before the work."""
    if others:
        raise UsageError("--report takes one model.")
    if file.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"{file} cannot be the report: its name has to end in .html.")
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file} cannot be the report: give a file in a folder that is there.")


def _write_report(
    file: Path, data: DataSet, found: Evaluation, tested: Robustness | None, *, split_known: bool
) -> int:
    from lookalike.training.reporting import write_evaluation

    try:
        write_evaluation(file, data, found, robustness=tested, split_known=split_known)
    except OSError as error:  # the figures are still to be printed
        note(f"The report cannot be written: {clean(str(error.strerror or error))}.")
        return FOUND_NOTHING
    note(f"The report is in {clean(str(file))}.")
    return DONE


def _is_known(model: str, pictures: DataSet) -> bool:
    """Return whether a model surely has not seen the report classes."""
    from lookalike.encoders import DEFAULT_MODEL
    from lookalike.training.judging.evaluating import saved_split

    return model == DEFAULT_MODEL or saved_split(pictures, model) is not None


def _warn_of_unknown(models: Sequence[str], pictures: DataSet) -> None:
    """Say of which models it is not known whether they have seen the report classes."""
    for model in models:
        if not _is_known(model, pictures):
            note(
                f"Careful: {clean(model)} may have been trained on these classes; its split is "
                "unknown."
            )


def _show_seeds(found: Seeds, pictures: DataSet, *, markdown: bool, as_json: bool) -> None:
    if as_json:
        say_json(found.to_dict())
        return
    if not markdown:
        _introduce(f"{len(found.models)} models", found.split)
        _warn_of_unknown(found.models, pictures)
        say("")
    for line in found.markdown().splitlines():
        say(clean(line))
