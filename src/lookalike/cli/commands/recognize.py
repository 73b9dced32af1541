"""``lookalike recognize``: say what is in pictures, with a library in its own words too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, WRONG_USE, command
from lookalike.cli.console import clean, complain, say, say_json
from lookalike.cli.inputs import read_input
from lookalike.cli.options import JsonOption, open_named
from lookalike.errors import LookalikeError

if TYPE_CHECKING:
    from lookalike.results import Labels, Named
    from lookalike.settings import Settings

__all__ = ["recognize"]


@command
def recognize(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE",
            help="Picture files or URLs, or - for standard input.",
            show_default=False,
        ),
    ],
    k: Annotated[
        int, typer.Option("-k", min=1, metavar="N", help="How many names to print for each.")
    ] = 5,
    library: Annotated[
        Path | None,
        typer.Option(
            "--library",
            "-l",
            metavar="DIR",
            help="Say also which of the names taught to this library it is.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Say what is in pictures.

    Prints ImageNet names with probabilities; needs no library. With --library first the names
    that you taught it (lookalike label), or unknown.

    \b
    Examples:
      lookalike recognize cat.jpg
      lookalike recognize *.jpg -k 1
      lookalike recognize https://example.org/cat.jpg --json
      lookalike recognize shoe.jpg --library shop.lookalike
    """
    if library is not None:
        with open_named(library) as opened:
            return _each(
                images, opened.settings, lambda image: opened.recognize(image, k=k), as_json
            )
    from lookalike.recognition.imagenet import recognize as recognize_image
    from lookalike.settings import load_settings

    settings = load_settings()
    return _each(
        images, settings, lambda image: recognize_image(image, k=k, settings=settings), as_json
    )


def _each(
    images: list[str],
    settings: Settings,
    recognized: Callable[[str | bytes], Labels],
    as_json: bool,
) -> int:
    results: list[dict[str, Any]] = []
    failed = 0
    for image in images:
        try:
            labels = recognized(read_input(image, settings))
        except LookalikeError as error:
            failed += 1
            complain(str(error))
            results.append({"uri": image, "labels": [], "error": str(error)})
            continue
        results.append(labels.to_dict() | {"uri": image})
        if not as_json:
            if len(images) > 1:
                say(clean(image))
            if labels.own is not None:
                _say_names(labels.own)
            for label in labels:
                say(f"{label.probability:6.1%}  {label.name}")
    if as_json:
        say_json(results)
    if failed == len(images):
        return WRONG_USE
    return FOUND_NOTHING if failed else DONE


def _say_names(names: Named) -> None:
    """Print the user's own names, the answer first: a name, or unknown."""
    unknown = (names.unknown, "unknown")
    rows = [(label.probability, clean(label.name)) for label in names.labels]
    rows.insert(0 if names.best is None else 1, unknown)
    say("yours:")
    for probability, name in rows:
        say(f"{probability:6.1%}  {name}")
    say("ImageNet:")
