"""``lookalike evaluate``: what a model is worth on one's own pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import clean, note, say, say_json
from ..main import DONE, command
from ..options import JsonOption
from ..progress import show_progress

__all__ = ["evaluate"]


@command
def evaluate(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="Folders with one folder for each class, or tables of path and label.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="NAME|FOLDER", help="Model, by its name or the folder of its files."
        ),
    ] = "efficientnet-lite0",
    label_columns: Annotated[
        list[str] | None,
        typer.Option(
            "--label-column",
            metavar="NAME",
            help="Column of a table that holds the class; guessed if not given.",
            show_default=False,
        ),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of a table that holds the path of the picture; guessed if not given.",
            show_default=False,
        ),
    ] = None,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Measure edited pictures as well, and, for a folder of lookalike train, attacks.",
        ),
    ] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the tables alone, as Markdown.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Measure a model on pictures of known classes.

    Some classes are set aside to report on; a model of lookalike train is measured on those that
    it has not seen. The other rows are what it has to beat. Numbers are percent, with intervals
    of 95 % over classes.

    \b
    Examples:
      lookalike evaluate products/
      lookalike evaluate products/ --model shoes.model --robustness
    """
    from lookalike.encoders import DEFAULT_MODEL
    from lookalike.training import read_data
    from lookalike.training.evaluating import evaluate as measure
    from lookalike.training.evaluating import evaluate_robustness, saved_split, split_for

    with show_progress() as progress:
        pictures = read_data(
            data, image_column=image_column, label_columns=tuple(label_columns or ())
        )
        split = split_for(pictures, model)
        found = measure(pictures, model=model, split=split, progress=progress)
        tested = None
        if robustness:
            tested = evaluate_robustness(pictures, split, model=model, progress=progress)
    if as_json:
        extra = {} if tested is None else {"robustness": tested.to_dict()}
        values = found.table.to_dict() | {"per_class": found.table.per_class("trained")}
        say_json({"model": found.model} | values | extra)
        return DONE
    if not markdown:
        say(f"{clean(found.model)}, the row 'trained', on these classes:")
        for line in split.describe().splitlines():
            say(f"  {line}")
        if model != DEFAULT_MODEL and saved_split(pictures, model) is None:
            note("Careful: the model may have been trained on these classes; its split is unknown.")
        say("")
    tables = [found.table.markdown()] + ([] if tested is None else [tested.markdown()])
    for line in "\n".join(tables).splitlines():
        say(line)
    return DONE
