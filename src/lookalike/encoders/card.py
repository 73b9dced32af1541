"""The model card: what a model is, where it comes from and what its scores mean."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from lookalike.errors import ModelFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CARD_FILE", "MODEL_FILE", "ModelCard", "read_card"]

CARD_FILE = "card.json"
MODEL_FILE = "model.onnx"
_FITS = ("squash", "crop", "pad")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model is.

    ``fit`` and ``crop_fraction`` say how a picture becomes the square of ``input_size`` pixels
    that the network takes (see :func:`lookalike.images.fit`). ``sha256`` is that of the model
    file. ``calibration`` holds slope and intercept of :meth:`probability`, and ``quality``
    what was measured when the model was made.
    """

    name: str
    space: str
    dimensions: int
    input_size: int
    fit: str
    crop_fraction: float
    licence: str
    source: str
    training_data: str
    sha256: str
    calibration: tuple[float, float]
    description: str
    folder: Path
    labels: str | None = None
    quality: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model_path(self) -> Path:
        """The ONNX file that sees pictures."""
        towers = sorted(self.folder.glob("onnx/vision_model*.onnx"))
        return towers[0] if towers else self.folder / MODEL_FILE

    @property
    def decode_side(self) -> int:
        """How many pixels of a picture's shortest side :meth:`Encoder.prepare` needs."""
        return math.ceil(self.input_size / self.crop_fraction)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the probabilities; empty when it has none.

        Raises:
            ModelFileError: the file of names is missing.
        """
        return () if self.labels is None else _read_labels(self.folder / self.labels)

    @overload
    def probability(self, score: float) -> float: ...
    @overload
    def probability(self, score: NDArray[np.floating]) -> NDArray[np.float64]: ...
    def probability(self, score: float | NDArray[np.floating]) -> float | NDArray[np.float64]:
        """Return the calibrated probability, in [0, 1], of a match at this cosine.

        It is 1 / (1 + exp(-(slope * score + intercept))) (Platt, Probabilistic Outputs for
        Support Vector Machines, 1999). What counts as a match is said in ``quality``.
        """
        slope, intercept = self.calibration
        if isinstance(score, float | int):
            exponent = min(700.0, max(-700.0, -(slope * score + intercept)))
            return 1.0 / (1.0 + math.exp(exponent))
        import numpy as np

        exponents = -(slope * np.asarray(score, dtype=np.float64) + intercept)
        result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(np.clip(exponents, -700.0, 700.0)))
        return result


def read_card(folder: Path) -> ModelCard:
    """Read the card in a model's folder.

    Raises:
        ModelFileError: there is no card, or it lacks something or makes no sense.
    """
    path = folder / CARD_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFileError(f"The model card {path} cannot be read: {error}.") from error
    try:
        calibration = values["calibration"]
        card = ModelCard(
            name=str(values["name"]),
            space=str(values["space"]),
            dimensions=int(values["dimensions"]),
            input_size=int(values["input_size"]),
            fit=str(values["fit"]),
            crop_fraction=float(values["crop_fraction"]),
            licence=str(values["licence"]),
            source=str(values["source"]),
            training_data=str(values["training_data"]),
            sha256=str(values["sha256"]),
            calibration=(float(calibration["slope"]), float(calibration["intercept"])),
            description=str(values["description"]),
            folder=folder,
            labels=values.get("labels"),
            quality=dict(values.get("quality", {})),
        )
    except KeyError as error:
        raise ModelFileError(f"The model card {path} does not say {error.args[0]!r}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"The model card {path} makes no sense: {error}.") from error
    if (
        card.dimensions < 1
        or card.input_size < 1
        or not 0.0 < card.crop_fraction <= 1.0
        or card.fit not in _FITS
    ):
        raise ModelFileError(
            f"The model card {path} makes no sense: dimensions and input_size must be at least "
            f"1, crop_fraction in (0, 1] and fit one of {', '.join(_FITS)}."
        )
    return card


@lru_cache(maxsize=8)
def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        return tuple(path.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise ModelFileError(f"The names of the classes cannot be read: {error}.") from error
