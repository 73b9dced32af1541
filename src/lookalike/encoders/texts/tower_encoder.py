"""Two towers as the model of a library: pictures by the one, questions by the other."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.encoders.card import CARD_FILE, ModelCard
from lookalike.encoders.protocol import Encoding
from lookalike.images import fit

from .hub_folder import read_hub_folder
from .two_tower import TwoTowers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TowerEncoder", "copy_towers", "has_towers", "towers_of"]

_SETTINGS = ("preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "config.json")
_UNFITTED = {"slope": 10.0, "intercept": -5.0}


def has_towers(folder: Path) -> bool:
    """Return whether a folder is laid out as a pair of towers."""
    return (folder / _SETTINGS[0]).is_file() and (folder / _SETTINGS[1]).is_file()


@lru_cache(maxsize=2)
def towers_of(folder: Path) -> TwoTowers:
    """Return the towers in a folder, loaded once.

    Raises:
        ModelError, MissingExtraError: as :class:`TwoTowers` does.
    """
    return TwoTowers(folder)


class TowerEncoder:
    """The vision tower as an :class:`lookalike.encoders.Encoder`."""

    def __init__(self, card: ModelCard, *, threads: int | None = None) -> None:
        self._card = card
        self._towers = TwoTowers(card.folder, threads=threads)

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        return self._card

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Fit one picture, uint8 of shape (rows, columns, 3), to the tower's input."""
        card = self._card
        return fit(pixels, card.input_size, card.fit, card.crop_fraction)

    def encode(self, batch: NDArray[np.uint8] | NDArray[np.floating]) -> Encoding:
        """Encode prepared pictures of shape (n, side, side, 3): uint8, or floats in [0, 1]."""
        import numpy as np

        scale = 1 if batch.dtype == np.uint8 else 255
        squares: NDArray[np.uint8] = np.rint(batch * scale).astype(np.uint8)
        return Encoding(self._towers.encode_squares(squares), None)


def copy_towers(folder: Path, name: str, place: Path) -> None:
    """Copy a pair of towers into an empty folder and write a card for it.

    Raises:
        ModelError, MissingExtraError: the towers cannot be run.
    """
    files = read_hub_folder(folder)
    dimensions = TwoTowers(folder, threads=1).dimensions
    (place / "onnx").mkdir()
    for path in (files.vision, files.text):
        for part in sorted(path.parent.glob(f"{path.name}*")):  # weights may lie in files beside
            shutil.copyfile(part, place / "onnx" / part.name)
    for setting in _SETTINGS:
        if (folder / setting).is_file():
            shutil.copyfile(folder / setting, place / setting)
    card: dict[str, Any] = {
        "name": name,
        "space": "semantic",
        "dimensions": dimensions,
        "input_size": files.side,
        "fit": "squash" if files.resized is None else "crop",
        "crop_fraction": 1.0 if files.resized is None else files.side / files.resized,
        "licence": "as its folder said; not known here",
        "source": f"a pair of towers from the folder {folder.name}",
        "training_data": "not known here",
        "sha256": hashlib.sha256(files.vision.read_bytes()).hexdigest(),
        "calibration": _UNFITTED,
        "description": "Two towers, for pictures and for words. Probabilities are not fitted.",
        "quality": {"match": "not fitted"},
    }
    (place / CARD_FILE).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
