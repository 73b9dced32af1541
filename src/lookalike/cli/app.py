"""The commands: each a thin layer over a method of ``Library``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lookalike.library import Library

__all__ = ["LibraryOption", "app", "open_library"]

app = typer.Typer(
    name="lookalike",
    help="Find, name and compare pictures by how they look. Start with: lookalike demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        "-l",
        metavar="DIR",
        help="Folder of the library. Default: the setting, else one in your data folder.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
WaitOption = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Wait for another writer, or fail at once.")
]


def open_library(path: Path | None, *, create: bool = False) -> Library:
    """Open the library that is meant and say which one when none was named."""
    import lookalike

    from .console import note

    library = lookalike.open(path, create=create)
    if path is None:
        note(f"library: {library.path}")
    return library


def _version(wanted: bool) -> None:
    if wanted:
        import lookalike

        typer.echo(f"lookalike {lookalike.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Find, name and compare pictures by how they look."""


@app.command("index")
def index(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Folders, picture files, picture URLs, or tables (.csv .jsonl .parquet).",
        ),
    ],
    library: LibraryOption = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only files that match. Repeatable.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="No files that match. Repeatable.")
    ] = None,
    image_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of paths or URLs. Default: guessed.")
    ] = None,
    page_url_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of the pages that hits lead to.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Forget files that are gone from the folders named.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read everything again, changed or not.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed before.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes to use. Default: one for each core.")
    ] = None,
    wait: WaitOption = True,
    json: JsonOption = False,
) -> int:
    """Add pictures to a library, or bring it up to date.

    Only what is new or has changed is read. Broken files are skipped, each with its reason.

    Example: lookalike index ~/Pictures --exclude '*/Screenshots/*'
    """
    from .indexing import run_index

    return run_index(
        sources,
        library,
        json=json,
        include=include or (),
        exclude=exclude or (),
        image_column=image_column,
        page_url_column=page_url_column,
        prune=prune,
        refresh=refresh,
        retry_failed=retry_failed,
        workers=workers,
        wait=wait,
    )


@app.command("search")
def search(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="A picture: file, URL, or - for standard input.")
    ],
    library: LibraryOption = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits.")] = 10,
    min_score: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Leave out hits with a lower cosine.")
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0, max=1, help="Leave out less probable matches.")
    ] = None,
    previews: Annotated[
        bool | None,
        typer.Option("--previews/--no-previews", help="Small pictures, where the terminal can."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Find the pictures that look most like one.

    Example: lookalike search photo.jpg -k 5
    """
    from .searching import run_search

    return run_search(
        query,
        library,
        k=k,
        min_score=min_score,
        min_probability=min_probability,
        previews=previews,
        json=json,
    )


@app.command("recognize")
def recognize(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Files, URLs, or - for standard input.")
    ],
    k: Annotated[int, typer.Option("-k", min=1, help="How many names for each.")] = 5,
    json: JsonOption = False,
) -> int:
    """Say what is in pictures, with names of ImageNet-1k. Needs no library.

    Example: lookalike recognize dog.jpg
    """
    from .searching import run_recognize

    return run_recognize(images, k=k, json=json)


@app.command("remove")
def remove(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET...", help="Paths, URLs or folders that were indexed."),
    ],
    library: LibraryOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: WaitOption = True,
    json: JsonOption = False,
) -> int:
    """Forget pictures. The files themselves are not touched.

    Example: lookalike remove ~/Pictures/2019
    """
    from .keeping import run_remove

    return run_remove(targets, library, yes=yes, wait=wait, json=json)


@app.command("stats")
def stats(library: LibraryOption = None, json: JsonOption = False) -> int:
    """Say what a library holds: how many pictures, of which formats, of what.

    Example: lookalike stats
    """
    from .keeping import run_stats

    return run_stats(library, json=json)


@app.command("list")
def list_images(
    library: LibraryOption = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="List what could not be indexed, and why.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    json: JsonOption = False,
) -> int:
    """List the pictures of a library, or those that failed.

    Example: lookalike list --failed
    """
    from .keeping import run_list

    return run_list(library, failed=failed, limit=limit, json=json)


@app.command("export")
def export(
    destination: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write: .parquet or .npy.")
    ],
    library: LibraryOption = None,
    format: Annotated[
        str | None, typer.Option(help="parquet or npy. Default: what FILE ends in.")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Write vectors and metadata to Parquet, or to npy with JSON lines beside it.

    Example: lookalike export photos.parquet
    """
    from .keeping import run_export

    return run_export(destination, library, format=format, json=json)


@app.command("rebuild-index")
def rebuild_index(
    library: LibraryOption = None, wait: WaitOption = True, json: JsonOption = False
) -> int:
    """Build the search index anew from the catalog. Searches go on meanwhile.

    Example: lookalike rebuild-index
    """
    from .keeping import run_rebuild_index

    return run_rebuild_index(library, wait=wait, json=json)


@app.command("doctor")
def doctor(library: LibraryOption = None, json: JsonOption = False) -> int:
    """Say what is installed, what the processor can do, and whether a library is whole.

    Example: lookalike doctor --library photos.lookalike
    """
    from .diagnosis import run_doctor

    return run_doctor(library, json=json)


@app.command("models")
def models(json: JsonOption = False) -> int:
    """List the models, with their licences and what was measured of them.

    Example: lookalike models
    """
    from .diagnosis import run_models

    return run_models(json=json)


@app.command("demo")
def demo(
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep pictures, library and page in this folder."),
    ] = None,
) -> int:
    """Show it all on real photographs: index, search, recognize. Needs no network.

    Example: lookalike demo
    """
    from .demo import run_demo

    return run_demo(keep)
