"""A trained model in 8 bits, and what that costs on classes that it has not seen."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders.card import CARD_FILE, MODEL_FILE, ModelCard, read_card
from lookalike.encoders.onnx_encoder import OnnxEncoder
from lookalike.errors import ModelFileError, ModelNotFoundError, TrainingError, UsageError
from lookalike.evaluation import Interval
from lookalike.results import Progress
from lookalike.training.data import DataSet, Split, split_classes
from lookalike.training.features import view_of
from lookalike.training.judging.evaluating import saved_split
from lookalike.training.judging.table import Table, measure
from lookalike.training.pixels import decoded

from .quantisation import in_eight_bits, quantise_graph

__all__ = ["KEPT_FILE", "EightBits", "quantise_model"]

KEPT_FILE = "model-32-bit.onnx"
"""Where a model's graph of 32 bits is kept when its ``model.onnx`` is the one of 8."""

_CALIBRATION = 224
_BATCH = 16
_ROUNDS = 5
_BIG_LOSS = -0.01
_VIEW = 1000
_NAMES = ("32 bits", "8 bits")

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class EightBits:
    """What 8 bits cost and gain, on the report classes of a split.

    ``table`` has the rows "32 bits" and "8 bits". ``cosine`` and ``least_cosine`` are the mean
    and the least between the two embeddings of one picture. ``size`` is in bytes; ``speed`` is
    how many times as fast the 8-bit graph encodes a batch here.
    """

    folder: Path
    table: Table
    cosine: float
    least_cosine: float
    calibration_pictures: int
    size: tuple[int, int]
    speed: float

    def difference(self, metric: str) -> tuple[float, Interval, Interval]:
        """Return the paired difference of a metric, and its intervals over classes and queries."""
        return self.table.difference(_NAMES[1], _NAMES[0], metric)

    @property
    def loses_much(self) -> bool:
        """Whether MAP@R surely falls by more than one point, over classes or over queries."""
        _, classes, queries = self.difference("MAP@R")
        return min(classes.high, queries.high) < _BIG_LOSS

    def describe(self) -> str:
        """Return what was measured in a few lines, in percent."""
        lines = []
        for metric in ("recall@1", "MAP@R"):
            before, after = (100 * self.table[name].mean(metric) for name in _NAMES)
            mean, (low, high), _ = self.difference(metric)
            lines.append(
                f"8 bits: {metric} {after:.1f} instead of {before:.1f}, "
                f"{100 * mean:+.2f} points [{100 * low:+.2f}, {100 * high:+.2f}]."
            )
        before, after = self.size
        lines.append(
            f"8 bits: cosine to 32 bits {self.cosine:.4f} on average, {self.least_cosine:.4f} at "
            f"worst; {after / before:.2f} times the size, {self.speed:.1f} times as fast here."
        )
        if self.loses_much:
            lines.append(
                "Careful: 8 bits cost this model more than one point of MAP@R. The graph of 32 "
                f"bits is kept as {KEPT_FILE}; train again without --eight-bit to use it."
            )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        values: dict[str, Any] = {
            "cosine": {"mean": self.cosine, "least": self.least_cosine},
            "bytes": {"before": self.size[0], "after": self.size[1]},
            "size_ratio": self.size[1] / self.size[0],
            "speed_ratio": self.speed,
            "calibration_pictures": self.calibration_pictures,
            "queries": len(self.table.classes),
            "loses_much": self.loses_much,
        }
        for metric in ("recall@1", "MAP@R"):
            mean, classes, queries = self.difference(metric)
            values[metric] = {
                "before": self.table[_NAMES[0]].mean(metric),
                "after": self.table[_NAMES[1]].mean(metric),
                "difference": mean,
                "classes": list(classes),
                "queries": list(queries),
            }
        return values


def quantise_model(
    folder: str | Path,
    data: DataSet,
    *,
    split: Split | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> EightBits:
    """Put a model's graph into 8 bits in place, and measure what that costs.

    Ranges are chosen on fit pictures, the meaning of scores is fitted anew on the select
    classes, and the loss is measured on the report classes. The graph of 32 bits is kept beside
    as :data:`KEPT_FILE`. A model that was put into 8 bits before is so again from there.

    Args:
        folder: with ``card.json`` and ``model.onnx``, as training writes it.
        data: the pictures that it was trained on, or others of its kind.
        split: which of them to calibrate and to report on; None is the split that the folder
            holds, or a new one where it is of other pictures.

    Raises:
        ModelNotFoundError: the folder holds no model.
        ModelFileError: its card or graph is damaged, or cannot be put into 8 bits.
        UsageError: the model is in 8 bits already, and its graph of 32 bits is not there.
        TrainingDataError: the data has too few classes, or a picture cannot be read.
        TrainingError: the files cannot be written.
        MissingExtraError: a package is missing.
    """
    from lookalike.training.export import fit_scores

    place = Path(folder).expanduser()
    if not (place / CARD_FILE).is_file():
        raise ModelNotFoundError(f"{place} holds no model: there is no {CARD_FILE} in it.")
    card = read_card(place)
    graph = _source(card)
    split = split or saved_split(data, str(place)) or split_classes(data)
    with tempfile.TemporaryDirectory(prefix="lookalike-8-bit-") as temporary:
        before = _encoder(card, graph, Path(temporary) / "before")
        fit = [int(number) for number in split.fit]
        drawn = np.random.default_rng(0).permutation(fit)[:_CALIBRATION]
        calibration = np.stack([_plain(data, int(number), before) for number in sorted(drawn)])
        quantised = quantise_graph(graph, calibration)
        after = _encoder(card, quantised, Path(temporary) / "after")
        encoders = (before, after)
        report, labels = _shown(data, split, before), _labels(data, split)
        vectors = _both(report, encoders, len(labels), progress)
        select = (_plain(data, int(number), before) for number in split.select)
        chosen = _both(select, (after,), len(split.select), progress)[0]
        slope, intercept = fit_scores(chosen, [data.labels[int(n)] for n in split.select])
        speed = _speed(calibration[:_BATCH], before, after)
    cosines = (vectors[0] * vectors[1]).sum(axis=1)
    rows = tuple(measure(name, found, labels) for name, found in zip(_NAMES, vectors, strict=True))
    result = EightBits(
        place,
        Table(rows, tuple(labels)),
        float(cosines.mean()),
        float(cosines.min()),
        len(calibration),
        (len(graph), len(quantised)),
        speed,
    )
    _write(card, graph, quantised, result, (slope, intercept))
    return result


def _source(card: ModelCard) -> bytes:
    """Return a model's graph in 32 bits: in use, or kept beside the one in use."""
    known = card.quality.get("eight_bits", {}).get("sha256_of_32_bits")
    path, expected = card.model_path, card.sha256
    if known is not None:
        path, expected = card.folder / KEPT_FILE, known
    try:
        graph = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"The model file {path} cannot be read: {error}.") from error
    if hashlib.sha256(graph).hexdigest() != expected:
        raise ModelFileError(f"The model file {path} is not the one of the card; train it again.")
    if in_eight_bits(graph):
        raise UsageError(f"{card.folder} is in 8 bits already.")
    return graph


def _encoder(card: ModelCard, graph: bytes, folder: Path) -> OnnxEncoder:
    folder.mkdir()
    (folder / MODEL_FILE).write_bytes(graph)
    return OnnxEncoder(replace(card, folder=folder, sha256=hashlib.sha256(graph).hexdigest()))


def _plain(data: DataSet, number: int, encoder: OnnxEncoder) -> Pixels:
    return encoder.prepare(decoded(data.samples[number].path, encoder.card.decode_side))


def _shown(data: DataSet, split: Split, encoder: OnnxEncoder) -> Iterator[Pixels]:
    """Yield the report pictures; without labels another view of each as well, to be found."""
    numbers = [int(number) for number in split.report]
    for number in numbers:
        yield _plain(data, number, encoder)
    if data.kind == "unlabelled":
        side = encoder.card.input_size
        for number in numbers:
            path = data.samples[number].path
            yield view_of(path, side, preset="category", strength=1.0, seed=(0, _VIEW, number))


def _labels(data: DataSet, split: Split) -> list[str]:
    labels = [data.labels[int(number)] for number in split.report]
    return labels * 2 if data.kind == "unlabelled" else labels


def _both(
    pictures: Iterator[Pixels],
    encoders: tuple[OnnxEncoder, ...],
    total: int,
    progress: Callable[[Progress], None] | None,
) -> list[Floats]:
    """Return the vectors that each encoder gives for the same pictures, read once."""
    rows: list[list[Floats]] = [[] for _ in encoders]
    done = 0
    while done < total:
        part = [next(pictures) for _ in range(min(_BATCH, total - done))]
        done += len(part)
        for encoder, found in zip(encoders, rows, strict=True):
            found.append(encoder.encode(np.stack(part)).vectors)
        if progress is not None:
            progress(Progress(done, total, stage="8 bits"))
    return [np.concatenate(found) for found in rows]


def _speed(pictures: Pixels, before: OnnxEncoder, after: OnnxEncoder) -> float:
    """Return how many times as fast the second encodes a batch, the best of some rounds each."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for encoder, found in zip((before, after), seconds, strict=True):
            start = time.perf_counter()
            encoder.encode(pictures)
            found.append(time.perf_counter() - start)
    return min(seconds[0]) / min(seconds[1])


def _write(
    card: ModelCard,
    graph: bytes,
    quantised: bytes,
    result: EightBits,
    calibration: tuple[float, float],
) -> None:
    """Replace graph and card, after the graph of 32 bits is kept."""
    folder = card.folder
    values = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    values["sha256"] = hashlib.sha256(quantised).hexdigest()
    values["calibration"] = dict(zip(("slope", "intercept"), calibration, strict=True))
    kept = {"sha256_of_32_bits": hashlib.sha256(graph).hexdigest()}
    values["quality"] = values.get("quality", {}) | {"eight_bits": result.to_dict() | kept}
    files = {
        KEPT_FILE: graph,
        MODEL_FILE: quantised,
        CARD_FILE: (json.dumps(values, indent=2) + "\n").encode(),
    }
    try:
        for name, content in files.items():
            (folder / f"{name}.tmp").write_bytes(content)
        for name in files:
            (folder / f"{name}.tmp").replace(folder / name)
    except OSError as error:
        raise TrainingError(f"The model cannot be written to {folder}: {error}.") from error
