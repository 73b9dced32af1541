"""``lookalike train``: learn a better embedding from one's own pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.options import (
    GroupColumnOption,
    ImageColumnOption,
    JsonOption,
    LabelColumnOption,
    RecipeOption,
    SettingsOption,
    TrainingDataArgument,
)
from lookalike.cli.progress import show_progress
from lookalike.cli.sheets import check_sheet, write_sheet
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.training import DataSet, Recipe, TrainingResult

__all__ = ["chosen_recipe", "clean_lines", "train"]


@command
def train(
    data: TrainingDataArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder of the model.", show_default=False),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            metavar="head|finetune|scratch",
            help="A head on frozen features, the last layers as well, or a network from nothing.",
        ),
    ] = "head",
    recipe: RecipeOption = None,
    settings: SettingsOption = None,
    label_columns: LabelColumnOption = None,
    image_column: ImageColumnOption = None,
    group_column: GroupColumnOption = None,
    split: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Model whose division of the classes to take, such as another seed of this one.",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew instead of going on from a checkpoint.")
    ] = False,
    eight_bit: Annotated[
        bool,
        typer.Option(
            "--eight-bit",
            help="Put the model into 8 bits, which is smaller and mostly faster, and say what that "
            "costs.",
        ),
    ] = False,
    preview: Annotated[
        Path | None,
        typer.Option(
            "--preview-augmentation",
            metavar="FILE.png",
            help="Draw some pictures as training would see them, and train nothing.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Learn a better embedding from pictures.

    The classes are divided: some to fit on, some to choose on, some only to report on. The
    model is promoted when the whole paired interval of its MAP@R on the last ones lies above
    the frozen network with whitening, and its recall@1 is not surely worse; otherwise that is
    said, the files are kept and the exit code is 1. Ctrl-C keeps a checkpoint; the same
    command goes on from there. Needs: pip install 'lookalike[train]'

    \b
    Examples:
      lookalike train products/ --out shoes.model
      lookalike train products.csv --label-column brand --out brands.model
      lookalike train products/ --preview-augmentation sheet.png --set augmentation=copy
      lookalike train products/ --preset finetune --set epochs=10 --out fine.model
      torchrun --nproc-per-node 2 -m lookalike train products/ --preset scratch --out own.model
    """
    from lookalike.training import Split, preview_augmentation, read_data
    from lookalike.training import train as run_training
    from lookalike.training.steps.processes import started_first

    chosen = chosen_recipe(preset, recipe, settings or [])

    def pictures() -> DataSet:
        return read_data(
            data,
            image_column=image_column,
            label_columns=tuple(label_columns or ()),
            group_column=group_column,
        )

    if preview is not None:
        check_sheet(preview)
        write_sheet(preview, preview_augmentation(pictures(), chosen))
        return DONE
    if out is None:
        raise UsageError("Name the folder of the model with --out.")
    try:
        with show_progress() as progress:
            read = pictures()
            result = run_training(
                read,
                out=out,
                recipe=chosen,
                split=None if split is None else Split.load(split / "split.json", read),
                resume=not fresh,
                eight_bit=eight_bit,
                progress=progress if started_first() else None,
                say=(lambda sentence: note(clean_lines(sentence))) if started_first() else None,
            )
    except KeyboardInterrupt:
        note(f"A checkpoint is in {clean(str(out))}; the same command goes on from there.")
        raise
    if not started_first():  # it would stop the first one while that speaks
        return DONE
    if as_json:
        say_json(_as_dict(result))
    else:
        _show(result)
    return DONE if result.promoted else FOUND_NOTHING


def clean_lines(text: str) -> str:
    """Return text of several lines without what a terminal would obey."""
    return "\n".join(clean(line) for line in text.splitlines())


def chosen_recipe(preset_name: str, file: Path | None, settings: list[str]) -> Recipe:
    """Return the recipe that the options of a command name.

    Raises:
        UsageError: there is no such preset or setting, or the file cannot be read.
    """
    from lookalike.training import preset, read_recipe

    recipe = preset(preset_name) if file is None else read_recipe(file)
    changes = dict(_setting(text) for text in settings)
    return recipe.changed(**changes) if changes else recipe


def _setting(text: str) -> tuple[str, Any]:
    import tomllib

    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set takes NAME=VALUE; got {text!r}.")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value.strip()  # a word without quotes


def _show(result: TrainingResult) -> None:
    for line in result.table.markdown().splitlines():
        say(line)
    folder = clean(str(result.folder))
    say(f"The model is in {folder}: model.onnx and card.json. Look at {folder}/report.html")
    if result.promoted:
        say(f"Next: lookalike models add {clean(str(result.folder))}")


def _as_dict(result: TrainingResult) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "promoted": result.promoted,
        "verdict": result.verdict.to_dict(),
        "report": result.table.to_dict(),
        "history": list(result.history),
        "near_duplicates": len(result.audit),
        "eight_bits": None if result.eight_bits is None else result.eight_bits.to_dict(),
    }
