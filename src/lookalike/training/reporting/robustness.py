"""The part of the report on edited and attacked pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .drawing import escaped, percent

if TYPE_CHECKING:
    from lookalike.training.judging.evaluating import Robustness

__all__ = ["robustness_tables"]


def robustness_tables(found: Robustness) -> str:
    """Return a table of the edits, and one of the attacks where there are any."""
    edits = [
        (
            row.edit.replace("_", " "),
            _share(row.class_recall, row.class_interval),
            _share(row.copy_recall, row.copy_interval),
        )
        for row in found.edits
    ]
    tables = [_table(("edit", "recall@1 of the class", "the picture itself first"), edits)]
    if found.attacks:
        attacks = [
            (
                f"{row.defence}, {row.budget}/255",
                percent(row.clean),
                percent(row.transfer),
                percent(row.adaptive),
                _share(row.least, row.interval),
            )
            for row in found.attacks
        ]
        head = ("network and largest change", "clean", "transfer", "adaptive", "least of both")
        tables.append(_table(head, attacks))
    return "".join(tables)


def _share(value: float, interval: tuple[float, float]) -> str:
    low, high = interval
    if np.isnan(value):
        return percent(value)
    return f"{percent(value)}<small>{percent(low)}–{percent(high)}</small>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first cell of a row is text, the others are finished."""
    columns = "".join(f"<th>{escaped(name)}</th>" for name in head)
    lines = "".join(
        f"<tr><th>{escaped(name)}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        for name, *cells in rows
    )
    return (
        f"<div class='wide'><table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )
