"""The commands of ``lookalike``, put together."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .commands.contents import export, list_images, stats
from .commands.demo import demo
from .commands.doctor import doctor
from .commands.evaluate import evaluate
from .commands.events import events
from .commands.index import index
from .commands.label import label
from .commands.models import models
from .commands.rebuild import rebuild_index
from .commands.recognize import recognize
from .commands.recommend import recommend
from .commands.reembed import reembed
from .commands.remove import remove
from .commands.search import search
from .commands.train import train
from .commands.tune import tune

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from lookalike import __version__

        typer.echo(f"lookalike {__version__}")
        raise typer.Exit


@app.callback(
    epilog="First time? Try: lookalike demo",
)
def lookalike(
    version: Annotated[  # noqa: ARG001 its callback answers
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where an error comes from; also LOOKALIKE_DEBUG=1."),
    ] = False,
) -> None:
    """Recognise and search images by how they look.

    Results go to standard output, everything else to standard error; --json on every command
    prints JSON alone. Exit codes: 0 done, 1 nothing found or some inputs failed, 2 wrong use.

    \b
    Examples:
      lookalike index ~/Pictures          look at every picture once
      lookalike search photo.jpg          find pictures that look like it
      lookalike recognize photo.jpg       say what is in it
    """
    if debug:
        os.environ["LOOKALIKE_DEBUG"] = "1"


app.command("index")(index)
app.command("search")(search)
app.command("recognize")(recognize)
app.add_typer(label, name="label")
app.command("recommend")(recommend)
app.add_typer(events, name="events")
app.command("remove")(remove)
app.command("stats")(stats)
app.command("list")(list_images)
app.command("export")(export)
app.command("rebuild-index")(rebuild_index)
app.command("reembed")(reembed)
app.command("doctor")(doctor)
app.add_typer(models, name="models")
app.command("train")(train)
app.command("tune")(tune)
app.command("evaluate")(evaluate)
app.command("demo")(demo)
