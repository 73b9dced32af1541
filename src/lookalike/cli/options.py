"""The options that several commands share."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

import lookalike

if TYPE_CHECKING:
    from lookalike.library.library import Library

__all__ = [
    "GroupColumnOption",
    "ImageColumnOption",
    "JsonOption",
    "LabelColumnOption",
    "LibraryOption",
    "NoWaitOption",
    "OffsetOption",
    "RecipeOption",
    "SettingsOption",
    "TrainingDataArgument",
    "WhereOption",
    "open_named",
    "read_share",
    "repeated_option",
]

LibraryOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--library",
        "-l",
        metavar="DIR",
        help="Folder of the library; without it the one of the settings, else your own one.",
        show_default=False,
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print JSON, alone, on standard output.")
]
WhereOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--where",
        "-w",
        metavar="FILTER",
        help="Only images that pass a filter, such as \"price < 50 and format = 'png'\".",
        show_default=False,
    ),
]


def read_share(text: str | float) -> float:
    """Return the number from 0 to 1 that a text means: ``0.5`` or ``50%``.

    >>> read_share("50%"), read_share("0.25")
    (0.5, 0.25)

    Raises:
        typer.BadParameter: it is no such number.
    """
    written = str(text).strip()
    try:
        number = float(written.removesuffix("%")) / (100.0 if written.endswith("%") else 1.0)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise typer.BadParameter(f"{written!r}: expected a number from 0 to 1, or a percentage.")
    return number


OffsetOption: TypeAlias = Annotated[
    int, typer.Option("--offset", min=0, metavar="N", help="Leave out the first so many.")
]
NoWaitOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-wait", help="Give up at once when another process is writing to the library."
    ),
]
TrainingDataArgument: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA...",
        help="Folders with one folder for each class, folders of pictures without classes, or "
        "tables of path and label.",
        show_default=False,
    ),
]
LabelColumnOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--label-column",
        metavar="NAME",
        help="Column of a table that holds the class; guessed if not given.",
        show_default=False,
    ),
]
ImageColumnOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--image-column",
        metavar="NAME",
        help="Column of a table that holds the path of the picture; guessed if not given.",
        show_default=False,
    ),
]
GroupColumnOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--group-column",
        metavar="NAME",
        help="Column of a table: classes with pictures of one group are not divided.",
        show_default=False,
    ),
]
RecipeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--recipe", metavar="FILE", help="Recipe in TOML, over the preset.", show_default=False
    ),
]
SettingsOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="One setting of the recipe; may be repeated.",
        show_default=False,
    ),
]


def repeated_option(path: Path | None) -> str:
    """Return the option that names the same library in the next command, with a space before."""
    from .console import clean

    return "" if path is None else f" --library {clean(shlex.quote(str(path)))}"


def open_named(path: Path | None, *, create: bool = False) -> Library:
    """Open the library that is meant, and say which it is when it was not named."""

    from .console import clean, note

    library = lookalike.open(path, create=create)
    if path is None:
        note(f"Library: {clean(str(library.path))}")
    return library
