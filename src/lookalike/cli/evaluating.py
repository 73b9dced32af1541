"""Print how well recommending did on the later events of a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .command import DONE
from .console import note, say, say_json
from .options import open_named
from .progress import show_progress
from .words import counted

if TYPE_CHECKING:
    from lookalike.recommendation.assessing import SplitBy

__all__ = ["evaluate_recommending"]


def evaluate_recommending(
    library: Path | None, *, split: SplitBy, share: float, markdown: bool, as_json: bool
) -> int:
    """Measure and print; return the exit code."""
    with open_named(library) as opened, show_progress() as progress:
        found = opened.recommend.evaluate(split=split, share=share, progress=progress)
    if as_json:
        say_json(found.to_dict())
        return DONE
    if not markdown:
        say(
            f"{counted(found.wanted, 'later choice')} of {counted(found.users, 'user')}, "
            f"{found.newcomers:,} of them without an earlier one, foretold from what came before."
        )
        mixed = ", ".join(f"{name} {part:.0%}" for name, part in found.weights.items() if part)
        say(f"The hybrid mixes {mixed}, as served best before the test.")
        say("")
    for line in found.markdown().splitlines():
        say(line)
    if not markdown and found.gains["popularity"][1].low <= 0:
        note("The hybrid is not surely better than what is popular: too few events, or too alike.")
    return DONE
