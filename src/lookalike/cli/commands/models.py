"""``lookalike models``: which models are installed, and adding, removing and shrinking them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lookalike.cli.command import DONE, command
from lookalike.cli.console import clean, say, say_json
from lookalike.cli.options import ImageColumnOption, JsonOption, LabelColumnOption
from lookalike.cli.progress import show_progress
from lookalike.cli.words import byte_size
from lookalike.encoders import ModelCard

__all__ = ["models"]

models = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@models.callback()
def every_model(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the models that are installed, add and remove one.

    \b
    Examples:
      lookalike models
      lookalike models add shoes.model/ --name shoes
      lookalike models remove shoes
      lookalike models quantise shoes.model/ products/
    """
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@models.command("add")
@command
def add(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="With card.json and model.onnx.")
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What to call it; else as its card does.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Copy a model into your data folder, to be used by its name.

    \b
    Example:
      lookalike models add shoes.model/ --name shoes
    """
    from lookalike.encoders import add_model

    card = add_model(folder, name=name)
    if as_json:
        say_json(_as_dict(card))
        return DONE
    say(f"Added {clean(card.name)}: {clean(str(card.folder))}")
    say(f"Next: lookalike reembed --model {clean(card.name)}")
    return DONE


@models.command("remove")
@command
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of an added model.")],
    as_json: JsonOption = False,
) -> int:
    """Remove a model that was added.

    A library that uses it cannot be searched until it is added again.

    \b
    Example:
      lookalike models remove shoes
    """
    from lookalike.encoders import remove_model

    remove_model(name)
    if as_json:
        say_json({"removed": name})
    else:
        say(f"Removed {clean(name)}.")
    return DONE


@models.command("quantise")
@command
def quantise(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder that lookalike train wrote.")
    ],
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="DATA...",
            help="The pictures it was trained on: folders, or tables of path and label.",
            show_default=False,
        ),
    ],
    label_columns: LabelColumnOption = None,
    image_column: ImageColumnOption = None,
    as_json: JsonOption = False,
) -> int:
    """Put a trained model into 8 bits, and say what that costs.

    The graph of 32 bits is kept beside it. Libraries that use the folder have to be embedded
    anew. Needs: pip install 'lookalike[train]'

    \b
    Example:
      lookalike models quantise shoes.model/ products/
    """
    from lookalike.training import quantise_model, read_data

    with show_progress() as progress:
        pictures = read_data(
            data, image_column=image_column, label_columns=tuple(label_columns or ())
        )
        found = quantise_model(folder, pictures, progress=progress)
    if as_json:
        say_json({"folder": str(found.folder)} | found.to_dict())
        return DONE
    for line in found.describe().splitlines():
        say(line)
    return DONE


@command
def _list(*, as_json: bool) -> int:
    from lookalike.encoders.registry import models as installed

    cards = installed()
    if as_json:
        say_json([_as_dict(card) for card in cards])
        return DONE
    for card in cards:
        say(f"{clean(card.name)}  ({byte_size(card.model_path.stat().st_size)}, {card.licence})")
        say(f"  {clean(card.description)}")
        say(f"  vectors    {card.dimensions:,} dimensions, space {card.space}")
        say(f"  pictures   {card.input_size}×{card.input_size} pixels, {card.fit}")
        say(f"  names      {len(card.label_names):,}")
        say(f"  source     {clean(card.source)}")
        say(f"  trained on {clean(card.training_data)}")
    return DONE


def _as_dict(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "space": card.space,
        "dimensions": card.dimensions,
        "input_size": card.input_size,
        "fit": card.fit,
        "licence": card.licence,
        "source": card.source,
        "training_data": card.training_data,
        "sha256": card.sha256,
        "bytes": card.model_path.stat().st_size,
        "calibration": {"slope": card.calibration[0], "intercept": card.calibration[1]},
        "labels": len(card.label_names),
        "quality": dict(card.quality),
        "description": card.description,
        "path": str(card.model_path),
    }
