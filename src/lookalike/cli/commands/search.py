"""``lookalike search``: find the images most similar to a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import note, say_json
from lookalike.cli.hits import show_hits
from lookalike.cli.inputs import read_input
from lookalike.cli.options import (
    JsonOption,
    LibraryOption,
    OffsetOption,
    WhereOption,
    open_named,
    read_share,
    repeated_option,
)
from lookalike.cli.words import percent
from lookalike.results import Hits

__all__ = ["search", "verdict"]

_LIKELY = 0.5


@command
def search(
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="Picture file or URL, - for standard input, words, or a sum of these.",
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
            parser=read_share,
            metavar="P",
            help="Leave out what is a match with less than this probability.",
            show_default=False,
        ),
    ] = None,
    where: WhereOption = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="FIELD",
            help="Order of the hits: score, or a field with or without a minus, such as -price.",
        ),
    ] = "score",
    offset: OffsetOption = 0,
    among: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="With --sort FIELD: how many of the most alike are sorted."
        ),
    ] = 1000,
    text: Annotated[
        bool, typer.Option("--text", help="The query is words, whatever it looks like.")
    ] = False,
    fold: Annotated[
        bool, typer.Option("--fold", help="Show each picture once, with the number of its copies.")
    ] = False,
    diversity: Annotated[
        float,
        typer.Option(
            parser=read_share, metavar="D", help="Variety of the hits: 0 is none, 1 ignores scores."
        ),
    ] = 0.0,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Search with this part of the picture: pixels, fractions or percentages.",
            show_default=False,
        ),
    ] = None,
    parts: Annotated[
        bool,
        typer.Option("--parts", help="Search in parts of the pictures too; see index --parts."),
    ] = False,
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
    """Find the images most like a picture or some words.

    Score is the cosine of the two pictures' vectors, at most 1; match is the probability
    that they show the same kind of thing. A query that names no file, and does not look like
    the name of one, is words; score and match then say how well a picture fits them. Pictures
    and words in quotes may be added and subtracted, each with a weight.

    A filter compares fields: those of every image (name, folder, uri, url, page_url, width,
    height, size, format, added, modified, label, label_probability) and the columns of your
    tables. Texts stand in single quotes; = != < <= > >= like ilike in (…) between is null,
    joined by and, or, not and parentheses.

    \b
    Examples:
      lookalike search photo.jpg
      lookalike search "a red car"
      lookalike search "beach.jpg + 0.5*sunset.jpg - 'people'"
      lookalike search photo.jpg --region 40,30,200,150
      lookalike search logo.png --parts
      lookalike search https://example.org/photo.jpg -k 3
      curl -s https://example.org/photo.jpg | lookalike search -
      lookalike search photo.jpg --min-probability 50% --json
      lookalike search shoe.jpg --where "price < 50 and category = 'shoe'" --sort price
      lookalike search photo.jpg --where "label = 'tiger cat' and added >= '2024-05'"
      lookalike search photo.jpg -k 20 --offset 20
      lookalike search photo.jpg --fold --diversity 0.3
    """
    from lookalike.images.region import read_region

    part = None if region is None else read_region(region)
    with open_named(library) as opened:
        hits = opened.search(
            query if text else read_input(query, opened.settings),
            k=k,
            min_score=min_score,
            min_probability=min_probability,
            where=where,
            sort=sort,
            offset=offset,
            among=among,
            text=text or None,
            region=part,
            parts=parts,
            fold=fold,
            diversity=diversity,
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
        note(verdict(hits, sifted=where is not None or offset > 0))
    return DONE if hits else FOUND_NOTHING


def verdict(hits: Hits, *, sifted: bool = False) -> str:
    """Return a sentence that says how many of the hits are likely matches.

    ``sifted`` says that a filter or an offset left images out.
    """
    if not hits:
        if sifted:
            return "Nothing found that passes the filter and the bounds given."
        return "Nothing found that reaches the bounds given."
    likely = sum(hit.probability >= _LIKELY for hit in hits)
    if likely:
        return f"Likely matches: {likely} of {len(hits)}."
    best = percent(max(hit.probability for hit in hits))
    return f"Nothing here is a likely match: the best has a probability of {best}."
