"""``lookalike search``: find the images most similar to a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from lookalike.results import Hits

from ..console import note, say_json
from ..hits import show_hits
from ..inputs import read_input
from ..main import DONE, FOUND_NOTHING, command
from ..options import JsonOption, LibraryOption, open_named, repeated_option
from ..words import percent

__all__ = ["search", "verdict"]

_LIKELY = 0.5


@command
def search(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="Picture file or URL, or - for standard input.",
            show_default=False,
        ),
    ],
    library: LibraryOption = None,
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="How many images to find.")] = 10,
    min_score: Annotated[
        float | None,
        typer.Option(
            min=-1.0, max=1.0, metavar="S", help="Leave out scores below this.", show_default=False
        ),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="P",
            help="Leave out what is a match with less than this probability.",
            show_default=False,
        ),
    ] = None,
    previews: Annotated[
        bool | None,
        typer.Option(
            "--previews/--no-previews",
            help="Show small pictures; on in terminals that can, off in pipes.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Find the images most similar to a picture.

    Score is the cosine of the two pictures' vectors, at most 1; match is the probability
    that they show the same kind of thing.

    \b
    Examples:
      lookalike search photo.jpg
      lookalike search https://example.org/photo.jpg -k 3
      curl -s https://example.org/photo.jpg | lookalike search -
      lookalike search photo.jpg --min-probability 0.5 --json
    """
    with open_named(library) as opened:
        hits = opened.search(
            read_input(query, opened.settings),
            k=k,
            min_score=min_score,
            min_probability=min_probability,
        )
        empty = not hits and len(opened) == 0
        if as_json:
            say_json(hits.to_list())
        elif hits:
            show_hits(hits, previews=previews)
    if empty:
        note(
            f"The library is empty. Fill it with: lookalike index FOLDER{repeated_option(library)}"
        )
    else:
        note(verdict(hits))
    return DONE if hits else FOUND_NOTHING


def verdict(hits: Hits) -> str:
    """Return a sentence that says how many of the hits are likely matches."""
    if not hits:
        return "Nothing found that reaches the bounds given."
    likely = sum(hit.probability >= _LIKELY for hit in hits)
    if likely:
        return f"Likely matches: {likely} of {len(hits)}."
    best = percent(hits[0].probability)
    return f"Nothing here is a likely match: the best has a probability of {best}."
