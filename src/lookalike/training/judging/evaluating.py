"""A model and what it has to beat, measured on classes of a data set; needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import DEFAULT_MODEL, Encoder, load_encoder, model_card
from lookalike.encoders.onnx_encoder import OnnxEncoder
from lookalike.errors import TrainingDataError
from lookalike.images import fit
from lookalike.results import Progress
from lookalike.training.data import DataSet, Split, split_classes
from lookalike.training.pixels import decoded
from lookalike.training.whitening import fit_whitening, normalised

from .robustness import AttackRow, EditRow, under_attack, under_edits
from .table import Row, Table, colour_floor, measure

__all__ = [
    "Evaluation",
    "Robustness",
    "baseline_rows",
    "evaluate",
    "evaluate_robustness",
    "model_row",
    "saved_split",
    "split_for",
]

_BATCH = 16
_FLOOR_SIDE = 64
_EDITED = 300
_ATTACKED = 64

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rows on the report classes, and the split they come from.

    ``vectors``, float32 of shape (n, d) and norm 1, are the report pictures by the model.
    """

    model: str
    split: Split
    table: Table
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Robustness:
    """Rows under edits, and under attack where the network itself is there, not only its graph."""

    edits: tuple[EditRow, ...]
    attacks: tuple[AttackRow, ...]

    def markdown(self) -> str:
        """Return two tables as Markdown, in percent."""
        lines = [
            f"| edit (version {self.edits[0].version}) | class recall@1 | the picture itself |",
            "|---|---|---|",
        ]
        for row in self.edits:
            by_class = _percent(row.class_recall, row.class_interval)
            lines.append(
                f"| {row.edit} | {by_class} | {_percent(row.copy_recall, row.copy_interval)} |"
            )
        if self.attacks:
            lines += [
                "",
                "| network | attack | clean | transfer | adaptive | least of both |",
                "|---|---|---|---|---|---|",
            ]
        for attack in self.attacks:
            cells = [
                f"{100 * value:.1f}" for value in (attack.clean, attack.transfer, attack.adaptive)
            ]
            lines.append(
                f"| {attack.defence} | {attack.budget}/255 | {' | '.join(cells)} | "
                f"{_percent(attack.least, attack.interval)} |"
            )
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return {
            "edits": [row.to_dict() for row in self.edits],
            "attacks": [row.to_dict() for row in self.attacks],
        }


def split_for(data: DataSet, model: str, *, seed: int = 0) -> Split:
    """Return the split the model was trained with when it is of these pictures, else a new one.

    Raises:
        TrainingDataError: the data has no classes, or too few.
    """
    if data.kind != "labelled":
        raise TrainingDataError(
            "To evaluate a model, classes are needed: a folder for each class, or a table with a "
            "column of labels."
        )
    return saved_split(data, model) or split_classes(data, seed=seed)


def saved_split(data: DataSet, model: str) -> Split | None:
    """Return the split that a model was trained with, or None when it is not of these pictures."""
    saved = Path(model).expanduser() / "split.json"
    try:
        return Split.load(saved, data) if saved.is_file() else None
    except TrainingDataError:
        return None


def evaluate(
    data: DataSet,
    *,
    model: str = DEFAULT_MODEL,
    split: Split | None = None,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> Evaluation:
    """Measure a model on the report classes of a data set, beside four rows it has to beat.

    The frozen backbone is that of the model that ships, and its whitening is fitted on the fit
    classes; nothing is fitted on the report classes.

    Raises:
        TrainingDataError: the data has no classes, too few, or a picture cannot be read.
        ModelNotFoundError: there is no such model.
    """
    split = split or split_for(data, model, seed=seed)
    chosen = load_encoder(model)
    rows = baseline_rows(data, split, progress=progress)
    labels = [data.labels[int(number)] for number in split.report]
    vectors = _report_vectors(data, split, chosen, progress)
    table = Table((*rows, measure("trained", vectors, labels)), tuple(labels))
    return Evaluation(chosen.card.name, split, table, vectors)


def baseline_rows(
    data: DataSet, split: Split, *, progress: Callable[[Progress], None] | None = None
) -> tuple[Row, ...]:
    """Return the four rows that a model has to beat on the report classes.

    Raises:
        TrainingDataError: a picture cannot be read.
    """
    paths = [sample.path for sample in data.samples]
    report = [int(number) for number in split.report]
    labels = [data.labels[number] for number in report]
    base = OnnxEncoder(model_card(DEFAULT_MODEL))
    wanted = [paths[int(number)] for number in (*split.fit, *report)]
    features = normalised(_encoded(wanted, base, base.features, "frozen backbone", progress))
    whitening = fit_whitening(features[: len(split.fit)])
    plain = features[len(split.fit) :]
    shown = [paths[number] for number in report]
    floor = [colour_floor(fit(decoded(path, _FLOOR_SIDE), _FLOOR_SIDE)) for path in shown]
    random = np.random.default_rng(0).normal(size=(len(report), 64))
    vectors = {
        "random": normalised(random),
        "colour histogram": np.stack(floor),
        "frozen backbone": plain,
        "frozen + whitening": whitening.apply(plain),
    }
    return tuple(measure(name, found, labels) for name, found in vectors.items())


def model_row(
    data: DataSet,
    split: Split,
    encoder: Encoder,
    *,
    name: str,
    progress: Callable[[Progress], None] | None = None,
) -> Row:
    """Return what a model reaches on the report classes, as a row of that name.

    Raises:
        TrainingDataError: a picture cannot be read.
    """
    labels = [data.labels[int(number)] for number in split.report]
    return measure(name, _report_vectors(data, split, encoder, progress), labels)


def _report_vectors(
    data: DataSet,
    split: Split,
    encoder: Encoder,
    progress: Callable[[Progress], None] | None,
) -> Floats:
    shown = [data.samples[int(number)].path for number in split.report]
    return _encoded(shown, encoder, lambda batch: encoder.encode(batch).vectors, "model", progress)


def evaluate_robustness(
    data: DataSet,
    split: Split,
    *,
    model: str = DEFAULT_MODEL,
    progress: Callable[[Progress], None] | None = None,
) -> Robustness:
    """Measure a model on up to 300 report pictures under edits, and up to 64 under attack.

    Attacks need the network with its gradient: they are left out unless ``model`` is a folder
    that training wrote, with its ``modules``.

    Raises:
        TrainingDataError: a picture cannot be read.
        ModelNotFoundError: there is no such model.
    """
    encoder = load_encoder(model)
    drawn = _drawn(data, split, _EDITED)
    paths = [data.samples[number].path for number in drawn]
    known = [data.labels[number] for number in drawn]
    edits = under_edits(paths, known, encoder, progress=progress)
    folder = Path(model).expanduser()
    if not (folder / "modules").is_dir():
        return Robustness(tuple(edits), ())
    from lookalike.training.networks import load_embedder

    embedder = load_embedder(folder)
    start = folder / "start"
    plain = load_embedder(start) if (start / "modules").is_dir() else None
    drawn = _drawn(data, split, _ATTACKED)
    side = encoder.card.decode_side
    pixels = np.stack(
        [encoder.prepare(decoded(data.samples[number].path, side)) for number in drawn]
    )
    labels = [data.labels[number] for number in drawn]
    attacks = under_attack(pixels, labels, embedder, plain=plain, name="trained", progress=progress)
    if plain is not None:
        base = under_attack(pixels, labels, plain, name="frozen backbone", progress=progress)
        attacks = [*base, *attacks]
    return Robustness(tuple(edits), tuple(attacks))


def _drawn(data: DataSet, split: Split, most: int) -> list[int]:
    """Return up to so many report pictures, whole classes of at most eight after each other."""
    random = np.random.default_rng(0)
    by_class: dict[str, list[int]] = {}
    for number in random.permutation(split.report):
        by_class.setdefault(data.labels[int(number)], []).append(int(number))
    classes = [numbers[:8] for numbers in by_class.values() if len(numbers) > 1]
    return sorted([number for numbers in classes for number in numbers][:most])


def _encoded(
    paths: list[Path],
    encoder: Encoder,
    encode: Callable[[NDArray[np.uint8]], Floats],
    stage: str,
    progress: Callable[[Progress], None] | None,
) -> Floats:
    rows = []
    side = encoder.card.decode_side
    for start in range(0, len(paths), _BATCH):
        part = paths[start : start + _BATCH]
        rows.append(encode(np.stack([encoder.prepare(decoded(path, side)) for path in part])))
        if progress is not None:
            progress(Progress(start + len(part), len(paths), stage=stage))
    return np.concatenate(rows)


def _percent(value: float, interval: tuple[float, float]) -> str:
    return f"{100 * value:.1f} [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"
