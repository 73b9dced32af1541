"""``lookalike recognize``: say what is in pictures, without a library."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lookalike.errors import LookalikeError

from ..console import clean, complain, say, say_json
from ..inputs import read_input
from ..main import DONE, FOUND_NOTHING, WRONG_USE, command
from ..options import JsonOption

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
    as_json: JsonOption = False,
) -> int:
    """Say what is in pictures.

    Prints ImageNet names with probabilities; needs no library.

    \b
    Examples:
      lookalike recognize cat.jpg
      lookalike recognize *.jpg -k 1
      lookalike recognize https://example.org/cat.jpg --json
    """
    from lookalike.encoders import DEFAULT_MODEL, load_encoder
    from lookalike.recognition import recognize as recognize_image
    from lookalike.settings import load_settings

    settings = load_settings()
    encoder = load_encoder(settings.model or DEFAULT_MODEL)
    results: list[dict[str, Any]] = []
    failed = 0
    for image in images:
        try:
            labels = recognize_image(
                read_input(image, settings), encoder=encoder, settings=settings, k=k
            )
        except LookalikeError as error:
            failed += 1
            complain(str(error))
            results.append({"uri": image, "labels": [], "error": str(error)})
            continue
        results.append(labels.to_dict() | {"uri": image})
        if not as_json:
            if len(images) > 1:
                say(clean(image))
            for label in labels:
                say(f"{label.probability:6.1%}  {label.name}")
    if as_json:
        say_json(results)
    if failed == len(images):
        return WRONG_USE
    return FOUND_NOTHING if failed else DONE
