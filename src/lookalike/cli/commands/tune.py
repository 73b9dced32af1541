"""``lookalike tune``: search for the settings that serve one's own pictures best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json, show
from lookalike.cli.options import (
    GroupColumnOption,
    ImageColumnOption,
    JsonOption,
    LabelColumnOption,
    RecipeOption,
    SettingsOption,
    TrainingDataArgument,
)
from lookalike.cli.progress import show_progress

from .train import chosen_recipe, clean_lines

if TYPE_CHECKING:
    from lookalike.training import Tuning

__all__ = ["tune"]


@command
def tune(
    data: TrainingDataArgument,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder of the study.", show_default=False),
    ],
    trials: Annotated[
        int, typer.Option(metavar="N", help="Recipes to try in all, those of before included.")
    ] = 20,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW..HIGH|NAME=A,B",
            help="What to vary beside rate, batch, loss, strength and weight decay, or in another "
            "range; may be repeated.",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(metavar="head|finetune|scratch", help="Recipe to start from.")
    ] = "head",
    recipe: RecipeOption = None,
    settings: SettingsOption = None,
    label_columns: LabelColumnOption = None,
    image_column: ImageColumnOption = None,
    group_column: GroupColumnOption = None,
    seed: Annotated[int, typer.Option(help="Chance of the search.")] = 0,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES", help="Begin no new trial after so long.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Search for a better recipe, judged on other classes.

    Every trial trains with other settings; the report classes are not even read. The first trial
    is the recipe as it is. The best one is then compared with it over other seeds, and what is
    better is written to best.toml. Ctrl-C keeps what is done; the same command goes on.
    Exit code 1: nothing is better than the recipe as given.

    \b
    Examples:
      lookalike tune products/ --out study
      lookalike tune products/ --out study --trials 50 --timeout 60
      lookalike tune products/ --out study --search rate=1e-4..1e-2 --search head=residual,mlp
      lookalike train products/ --recipe study/best.toml --out shoes.model
    """
    from lookalike.training import read_data
    from lookalike.training import tune as run_study
    from lookalike.training.tuning.space import read_range

    start = chosen_recipe(preset, recipe, settings or [])
    space = dict(read_range(text, start) for text in search or [])
    try:
        with show_progress() as progress:
            pictures = read_data(
                data,
                image_column=image_column,
                label_columns=tuple(label_columns or ()),
                group_column=group_column,
            )
            found = run_study(
                pictures,
                out=out,
                recipe=start,
                trials=trials,
                space=space,
                seed=seed,
                timeout=None if timeout is None else 60.0 * timeout,
                progress=progress,
                say=lambda sentence: note(clean_lines(sentence)),
            )
    except KeyboardInterrupt:
        note(f"The trials so far are in {clean(str(out))}; the same command goes on.")
        raise
    if as_json:
        say_json(found.to_dict())
    else:
        _show(found)
    better = found.check is not None and found.check[1] > found.check[0]
    return DONE if better else FOUND_NOTHING


def _show(found: Tuning) -> None:
    from rich.table import Table

    names = sorted({name for trial in found.trials for name in trial.settings})
    table = Table(box=None, pad_edge=False)
    for name in ("rank", "trial", "MAP@R", *names, "epochs", "seconds"):
        table.add_column(name, justify="right")
    for rank, trial in enumerate(found.trials, start=1):
        score = "no number" if trial.score is None else f"{100 * trial.score:.1f}"
        values = [_shown(trial.settings.get(name, "")) for name in names]
        number = f"{trial.number} (given)" if trial.given else str(trial.number)
        table.add_row(str(rank), number, score, *values, str(trial.epochs), f"{trial.seconds:.0f}")
    show(table)
    folder = clean(str(found.folder))
    say(f"The recipe is in {folder}/best.toml, the table in {folder}/trials.csv.")
    say(f"Next: lookalike train DATA --recipe {folder}/best.toml --out MODEL")


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else clean(str(value))
