"""``lookalike recommend``: more like some images, or what a user may like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.options import JsonOption, LibraryOption, open_named, read_share, repeated_option
from lookalike.cli.progress import show_progress
from lookalike.results import Recommendation, Recommendations

if TYPE_CHECKING:
    from lookalike.recommendation.like_this import Strategy

__all__ = ["recommend"]

_LONGEST_REASON = 60


@command
def recommend(
    like: Annotated[
        list[str] | None,
        typer.Option(
            "--like", metavar="IMAGE", help="Recommend more like this.", show_default=False
        ),
    ] = None,
    dislike: Annotated[
        list[str] | None,
        typer.Option("--dislike", metavar="IMAGE", help="And less like this.", show_default=False),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(metavar="USER", help="Recommend for this user.", show_default=False),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="How many images.")] = 10,
    strategy: Annotated[
        str, typer.Option(metavar="average|best|sum", help="How several examples are joined.")
    ] = "average",
    diversity: Annotated[
        float, typer.Option(parser=read_share, metavar="D", help="Variety, from 0 to 1.")
    ] = 0.0,
    explore: Annotated[
        float,
        typer.Option(parser=read_share, metavar="S", help="Share drawn at random, for a user."),
    ] = 0.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of what is drawn.", min=0)] = 0,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Recommend images: more like some, or for a user.

    Examples are images of the library or other picture files and URLs. What a user did is told
    with lookalike events.

    \b
    Examples:
      lookalike recommend --like a.jpg --like b.jpg --dislike c.jpg
      lookalike recommend --like a.jpg --strategy best --diversity 0.3
      lookalike recommend --user ann -k 20 --explore 0.1
    """
    with open_named(library) as opened, show_progress() as progress:
        found = opened.recommend(
            user,
            like=like or [],
            dislike=dislike or [],
            k=k,
            strategy=cast("Strategy", strategy),  # checked by the library
            diversity=diversity,
            explore=explore,
            seed=seed,
            progress=progress,
        )
    if as_json:
        say_json(found.to_list())
    elif found:
        for line in _lines(found):
            say(line)
    else:
        note(f"Nothing to recommend: is the library filled?{repeated_option(library)}")
    if found.note:
        note(clean(found.note))
    return DONE if found else FOUND_NOTHING


def _lines(found: Recommendations) -> list[str]:
    rows = [("rank", "score", "why", "where"), *(_cells(item) for item in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{rank:>{widths[0]}}  {score:>{widths[1]}}  {why:<{widths[2]}}  {where}"
        for rank, score, why, where in rows
    ]


def _cells(item: Recommendation) -> tuple[str, str, str, str]:
    reason = clean(item.reason)
    if len(reason) > _LONGEST_REASON:
        reason = reason[: _LONGEST_REASON - 1] + "…"
    return str(item.rank), f"{item.score:.3f}", reason, clean(item.page_url or item.uri)
