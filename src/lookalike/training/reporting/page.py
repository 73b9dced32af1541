"""The report of a training run: one page that needs nothing beside itself."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lookalike.training.judging.table import METRICS, Table, Verdict

from .curves import before_and_after, curves
from .drawing import escaped, percent, points
from .pictures import map_of, worst_queries
from .robustness import robustness_tables
from .style import STYLE

if TYPE_CHECKING:
    from lookalike.training.judging.evaluating import Robustness

__all__ = ["Findings", "write_report"]

_BASELINE = "frozen + whitening"
_TRAINED = "trained"
_SHOWN = ("recall@1", "MAP@R")
_CLASSES = 60

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report shows.

    ``sentences`` say what was learned from, ``parts`` how it was divided: what
    :meth:`Split.describe` gives. ``vectors``, float32 of shape (n, d) and norm 1, ``labels`` and
    ``paths`` are the pictures of the report part as the model embeds them. ``history`` is that of
    :class:`TrainingResult`; empty when none is known. ``trained_now`` is false for a model that
    was only measured: there is nothing to promote.
    """

    title: str
    sentences: Sequence[str]
    table: Table
    verdict: Verdict
    vectors: Floats
    labels: Sequence[str]
    paths: Sequence[Path]
    parts: str = ""
    history: Sequence[Mapping[str, Any]] = ()
    robustness: Robustness | None = None
    trained_now: bool = True


def write_report(file: Path, findings: Findings) -> None:
    """Write the page, whole or not at all.

    Raises:
        OSError: the disk is full or may not be written.
    """
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(_page(findings), encoding="utf-8")
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _page(found: Findings) -> str:
    kind, word, reason = _verdict(found)
    cards = "".join(_card(found.table, metric) for metric in _SHOWN)
    sections = [
        (
            "Before and after",
            "On the report classes, in percent, with intervals of 95 % over classes.",
            "".join(_dots(found.table, metric) for metric in _SHOWN),
        ),
        ("All figures", "Percent, with intervals of 95 % over classes.", _rows(found.table)),
    ]
    if found.history:
        sections.append(("The course of the training", "", curves(found.history)))
    if len(set(found.labels)) < len(found.labels):  # else every picture is its own class
        sections.append(
            ("Class by class", "Mean MAP@R of the queries of each class.", _classes(found.table))
        )
    if found.robustness is not None:
        sections.append(
            (
                "Edited and attacked pictures",
                "The query is changed, the gallery is not. Percent, with intervals of 95 %.",
                robustness_tables(found.robustness),
            )
        )
    if len(found.labels):
        sections += [
            (
                "The worst queries",
                "Each picture at the left was asked for; beside it what the model finds nearest.",
                worst_queries(found.vectors, found.labels, found.paths),
            ),
            (
                "A map",
                "The report pictures in the plane, alike near alike (t-SNE). Distances between "
                "groups mean little. Point at one for its name.",
                map_of(found.vectors, found.labels, found.paths),
            ),
        ]
    body = "".join(
        f"<section><h2>{title}</h2>{f'<p>{text}</p>' if text else ''}{content}</section>"
        for title, text, content in sections
        if content
    )
    described = "".join(_paragraph(sentence) for sentence in found.sentences) + _parts(found.parts)
    kicker = "Training report" if found.trained_now else "Evaluation"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(found.title)}</title><style>{STYLE}</style></head><body><main>"
        f"<header><p class='kicker'>{kicker}</p><h1>{escaped(found.title)}</h1>{described}"
        f"</header><div class='verdict {kind}'><b>{word}</b><p>{escaped(reason)}</p></div>"
        f"<div class='cards'>{cards}</div>{body}</main></body></html>\n"
    )


def _verdict(found: Findings) -> tuple[str, str, str]:
    """Return the style, the word and the reason of the verdict."""
    promoted = found.verdict.promoted
    _, _, reason = found.verdict.sentence.partition(": ")
    if found.trained_now:
        word = "Promoted" if promoted else "Not promoted"
    else:
        word = "Surely better" if promoted else "Not surely better"
        reason = reason.rpartition(": ")[2]  # nobody knows what the model has seen
    reason = reason[:1].upper() + reason[1:]
    return (
        "promoted" if promoted else "refused",
        word,
        reason.replace("[-", "[\N{MINUS SIGN}").replace(" -", " \N{MINUS SIGN}"),
    )


def _paragraph(sentence: str) -> str:
    """Return a sentence; of one with several lines the first, which opens the others."""
    lines = [escaped(line) for line in sentence.splitlines() if line.strip()]
    if len(lines) < 2:
        return "".join(f"<p>{line}</p>" for line in lines)
    rest = "".join(f"<p>{line}</p>" for line in lines[1:])
    return f"<details><summary>{lines[0].removesuffix(':')}</summary>{rest}</details>"


def _parts(parts: str) -> str:
    """Return the lines of :meth:`Split.describe`, "fit:  8 pictures of 2 classes", as a list."""
    items = []
    for line in parts.splitlines():
        name, _, rest = line.partition(":")
        items.append(f"<div><dt>{escaped(name.strip())}</dt><dd>{escaped(rest.strip())}</dd></div>")
    return f"<dl>{''.join(items)}</dl>" if items else ""


def _dots(table: Table, metric: str) -> str:
    rows = [(row.name, row.mean(metric), *table.interval(row.name, metric)) for row in table.rows]
    return before_and_after(metric, rows)


def _card(table: Table, metric: str) -> str:
    before, after = table[_BASELINE].mean(metric), table[_TRAINED].mean(metric)
    apart, _, _ = table.difference(_TRAINED, _BASELINE, metric)
    return (
        f"<div class='card'><span>{escaped(metric)}</span><b>{percent(after)}</b>"
        f"<small>{percent(before)} with {_BASELINE}, {points(apart)} points</small></div>"
    )


def _rows(table: Table) -> str:
    pairs = list(table.rows[0].pairs)
    head = "".join(f"<th>{escaped(name)}</th>" for name in ("", *METRICS, *pairs))
    lines = []
    for row in table.rows:
        cells = [f"<th>{escaped(row.name)}</th>"]
        for metric in METRICS:
            low, high = table.interval(row.name, metric)
            cells.append(
                f"<td>{percent(row.mean(metric))}<small>{percent(low)}–{percent(high)}</small></td>"
            )
        cells += [f"<td>{percent(value)}</td>" for value in row.pairs.values()]
        kind = ' class="trained"' if row.name == _TRAINED else ""
        lines.append(f"<tr{kind}>{''.join(cells)}</tr>")
    return (
        f"<div class='wide'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _classes(table: Table) -> str:
    before, after = table.per_class(_BASELINE), table.per_class(_TRAINED)
    counts = dict(zip(*np.unique(np.asarray(table.classes), return_counts=True), strict=True))
    changes = sorted((after[name] - before[name], name) for name in after if name in before)
    if not changes:
        return ""
    shown = changes
    if len(changes) > _CLASSES:
        shown = changes[: _CLASSES // 2] + changes[-_CLASSES // 2 :]
    lines = [
        f"<tr><th>{escaped(name)}</th><td>{counts[name]}</td><td>{percent(before[name])}</td>"
        f"<td>{percent(after[name])}</td><td class='{'up' if change >= 0 else 'down'}'>"
        f"{points(change)}</td></tr>"
        for change, name in shown
    ]
    left_out = (
        f"<p>Of {len(changes)} classes those that lose and gain most.</p>"
        if len(shown) < len(changes)
        else ""
    )
    return (
        f"{left_out}<div class='wide tall'><table><thead><tr><th>class</th><th>pictures</th>"
        f"<th>{_BASELINE}</th><th>trained</th><th>change</th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
