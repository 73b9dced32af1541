"""A trained model as one ONNX file with its card, ready for a library to use."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lookalike.encoders.runtime import import_onnxruntime
from lookalike.errors import ModelFileError, TrainingError
from lookalike.evaluation import fit_calibration, nearest_answers

from .networks import Embedder

__all__ = ["Exported", "export_model", "features_graph", "fit_scores"]

_OPSET = 18
_LARGEST_DIFFERENCE = 1e-4
_LEAST_COSINE = 0.9999
_GALLERY = 20_000
_QUERIES = 2_000

UNFITTED = (10.0, -5.0)
"""Slope and intercept of a probability where there was nothing to fit it on."""

_FITTED = (
    "probability that the nearest hit is of the same class, when half of the queries have no match "
    "in the gallery; fitted on the select classes"
)
_GUESSED = "not fitted: no pictures with classes to choose by"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and how far ONNX Runtime's vectors lie from torch's."""

    folder: Path
    sha256: str
    size: int
    largest_difference: float
    least_cosine: float


class _Features(nn.Module):
    """Takes pictures as the library has them: uint8, channels last."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self.embedder = embedder

    def forward(self, pixels: Tensor) -> Tensor:
        return self.embedder.features(pixels.permute(0, 3, 1, 2).to(torch.float32) / 255.0)


class _Whole(_Features):
    """Gives the embedding, and the features before the head."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        features = super().forward(pixels)
        return self.embedder.head(features), features


def export_model(
    embedder: Embedder,
    folder: Path,
    *,
    name: str,
    pictures: NDArray[np.uint8],
    calibration: tuple[float, float],
    training_data: str,
    quality: Mapping[str, Any],
    licence: str = "as its training pictures allow",
) -> Exported:
    """Write ``model.onnx`` and ``card.json`` and check them against torch.

    Args:
        embedder: the trained network.
        folder: where to; the files replace those that are there.
        name: of the model.
        pictures: some prepared pictures, uint8 of shape (n, side, side, 3), to compare on.
        calibration: slope and intercept from score to probability, see :func:`fit_scores`.

    Raises:
        ModelFileError: what ONNX Runtime computes differs from torch by more than 0.0001 in a
            value, or has a cosine below 0.9999; nothing is written then.
        TrainingError: the files cannot be written.
    """
    embedder.eval()
    side = embedder.input_size
    data = _graph(_Whole(embedder), side, ["semantic", "features"])
    with torch.inference_mode():
        expected = _Whole(embedder)(torch.from_numpy(pictures))[0].numpy()
    session = import_onnxruntime().InferenceSession(data, providers=["CPUExecutionProvider"])
    found = session.run(["semantic"], {"pixels": pictures})[0]
    difference = float(np.abs(found - expected).max(initial=0.0))
    cosine = float((found * expected).sum(axis=1).min(initial=1.0))
    if difference > _LARGEST_DIFFERENCE or cosine < _LEAST_COSINE:
        raise ModelFileError(
            f"The exported graph differs from the network: by {difference:.1e} in a value, with a "
            f"least cosine of {cosine:.6f}. Nothing was written."
        )
    digest = hashlib.sha256(data).hexdigest()
    slope, intercept = calibration
    card = {
        "name": name,
        "space": "semantic",
        "dimensions": int(expected.shape[1]),
        "input_size": side,
        "fit": "squash",
        "crop_fraction": 0.9,
        "licence": licence,
        "source": f"trained from {embedder.description['backbone']}",
        "training_data": training_data,
        "sha256": digest,
        "calibration": {"slope": slope, "intercept": intercept},
        "description": f"{embedder.description['backbone']} with {embedder.description['pooling']} "
        f"pooling and a {embedder.description['head']} head.",
        "quality": dict(quality)
        | {
            "match": _GUESSED if calibration == UNFITTED else _FITTED,
            "parity": {"largest_difference": difference, "least_cosine": cosine},
        },
    }
    try:
        for file, content in (
            ("model.onnx", data),
            ("card.json", (json.dumps(card, indent=2) + "\n").encode()),
        ):
            temporary = folder / f"{file}.tmp"
            temporary.write_bytes(content)
            temporary.replace(folder / file)
    except OSError as error:
        raise TrainingError(f"The model cannot be written to {folder}: {error}.") from error
    return Exported(folder, digest, len(data), difference, cosine)


def features_graph(embedder: Embedder) -> bytes:
    """Return the network without its head as an ONNX graph: uint8 pixels to pooled features.

    ONNX Runtime computes it several times as fast as torch does.
    """
    return _graph(_Features(embedder), embedder.input_size, ["features"])


def _graph(network: nn.Module, side: int, outputs: list[str]) -> bytes:
    """Return a network as an ONNX graph that takes any number of pictures."""
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    noisy = [logging.getLogger(name) for name in ("onnxscript", "torch.onnx")]
    levels = [logger.level for logger in noisy]
    for logger in noisy:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter warns of its own internals
            program = torch.onnx.export(
                network.eval(),
                (example,),
                dynamo=True,
                verbose=False,
                input_names=["pixels"],
                output_names=outputs,
                dynamic_shapes=({0: torch.export.Dim("n")},),
                opset_version=_OPSET,
                external_data=False,
            )
    finally:
        for logger, level in zip(noisy, levels, strict=True):
            logger.setLevel(level)
    if program is None:
        raise ModelFileError("The network could not be turned into a graph.")
    data: bytes = program.model_proto.SerializeToString()
    return data


def fit_scores(vectors: NDArray[np.float32], labels: Sequence[str]) -> tuple[float, float]:
    """Return slope and intercept of the probability that the nearest hit is a match.

    What is fitted is the same as for the model that ships, so that one probability means the same
    for both: the nearest other picture is of the same class, where half of the queries have no
    match in the gallery (:func:`lookalike.evaluation.nearest_answers`; Platt, 1999). The more
    alike the more probable: where the pictures say otherwise, the slope is 0.

    Args:
        vectors: float32 of shape (n, d) and norm 1, of classes that were not fitted on.
        labels: their classes. With none that has several pictures and is not the only one,
            nothing can be fitted, and the answer is a guess: 10 and -5.
    """
    chosen = np.random.default_rng(0).permutation(len(labels))[:_GALLERY]
    answers = nearest_answers(vectors[chosen], np.asarray(labels)[chosen], most=_QUERIES)
    if not answers.matches.any():
        return UNFITTED
    slope, intercept = fit_calibration(answers.scores, answers.matches)
    if slope < 0.0:
        slope, intercept = 0.0, fit_calibration(np.zeros(len(answers.scores)), answers.matches)[1]
    return float(slope), float(intercept)
