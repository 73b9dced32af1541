"""``lookalike demo``: index, search and recognise, on photographs that need no network."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

import lookalike
from lookalike.cli.command import DONE, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.hits import show_hits
from lookalike.cli.options import JsonOption
from lookalike.cli.progress import show_progress
from lookalike.cli.words import counted
from lookalike.errors import UsageError

from .search import verdict

__all__ = ["demo"]

_HITS = 5
_SHOWN = 3
_NAMES = 3


@command
def demo(
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="DIR",
            help="Folder to make it in, instead of a temporary one.",
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
    """Show it all on real photographs, offline.

    Makes a folder of photographs that come with scikit-image and scikit-learn, and of
    edited copies of them (cropped, mirrored, brighter, compressed, grey, tilted, captioned),
    indexes it, searches it with pictures that are not in it, and says what is in them.

    \b
    Examples:
      lookalike demo
      lookalike demo --keep lookalike-demo
    """
    from lookalike.cli.demo import contact_sheet, make_demo_folder

    root = _root(keep)
    folder = make_demo_folder(root)
    with lookalike.open(folder.library) as library:
        if not as_json:
            say(f"$ lookalike index {_short(folder.pictures, root)}")
        with show_progress() as progress:
            report = library.add(folder.pictures, progress=progress)
        if not as_json:
            say(f"{report}. The library holds {counted(len(library))}.")
        searches = [(query, library.search(query, k=_HITS)) for query in folder.queries]
        names = [(query, library.recognize(query, k=_NAMES)) for query in folder.queries]
        if not as_json:
            for query, hits in searches:
                say(f"\n$ lookalike search {_short(query, root)} -k {_SHOWN}")
                show_hits(hits[:_SHOWN], previews=previews)
                say(verdict(hits[:_SHOWN]))
            for query, labels in names:
                say(f"\n$ lookalike recognize {_short(query, root)} -k {_NAMES}")
                say(str(labels))
        folder.sheet.write_text(
            contact_sheet(searches, names, title="Lookalike: the demo"), encoding="utf-8"
        )
    if as_json:
        say_json(
            {
                "folder": str(root),
                "sheet": str(folder.sheet),
                "library": str(folder.library),
                "report": report.to_dict(),
                "searches": [
                    {"query": str(query), "hits": hits.to_list()} for query, hits in searches
                ],
                "recognized": [labels.to_dict() for _, labels in names],
            }
        )
    _say_goodbye(root, folder.sheet, folder.library, folder.queries[0], temporary=keep is None)
    return DONE


def _root(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="lookalike-demo-"))
    root = keep.expanduser().absolute()
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file; --keep names a folder.")
    if root.is_dir() and any(root.iterdir()) and not (root / "demo.lookalike").exists():
        raise UsageError(f"{root} holds other things; name a new folder with --keep.")
    root.mkdir(parents=True, exist_ok=True)
    return root


def _short(path: Path, root: Path) -> str:
    return clean(str(path.relative_to(root)))


def _say_goodbye(root: Path, sheet: Path, library: Path, query: Path, *, temporary: bool) -> None:
    note("")
    note(f"To see it all, open {clean(str(sheet))}")
    note(f"To go on with it:  lookalike search {clean(str(query))} --library {clean(str(library))}")
    note("With your own pictures:  lookalike index FOLDER  and then  lookalike search PICTURE")
    if temporary:
        note(f"This was made in {clean(str(root))}, which you may remove.")
