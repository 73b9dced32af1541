"""Models that the user has added: copied into a folder of their own, found by name."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import ModelError, ModelFileError, ModelNotFoundError, UsageError

from .card import CARD_FILE, MODEL_FILE, ModelCard, read_card

if TYPE_CHECKING:
    from .protocol import Encoder

__all__ = ["copy_in", "delete", "models_folder"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def models_folder() -> Path:
    """Return the folder of added models: ``LOOKALIKE_MODELS``, or one in the user's data folder."""
    named = os.environ.get("LOOKALIKE_MODELS")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("lookalike", appauthor=False)) / "models"


def copy_in(folder: Path, name: str | None = None) -> Path:
    """Copy a model that works into the folder of added models, and return where it now is.

    It is there as a whole or not at all.

    Args:
        folder: with ``card.json`` and ``model.onnx``, or with a pair of towers.
        name: what to call it; None takes that of its card.

    Raises:
        ModelNotFoundError: the folder holds no model.
        ModelFileError: its card or its graph is damaged, or cannot be run.
        UsageError: the name cannot be one of a model, or is taken.
        ModelError: the folder of added models cannot be written.
    """
    from .onnx_encoder import OnnxEncoder
    from .texts.tower_encoder import copy_towers, has_towers

    card: ModelCard | None = None
    if (folder / CARD_FILE).is_file():
        card = read_card(folder)
    elif not has_towers(folder):
        raise ModelNotFoundError(f"{folder} holds no model: there is no {CARD_FILE} in it.")
    chosen = name or (folder.resolve().name if card is None else card.name)
    if not _NAME.fullmatch(chosen):
        raise UsageError(
            f"A model cannot be named {chosen!r}; expected letters, digits, '.', '_' and '-'. "
            "Give another one with --name."
        )
    if card is not None:
        _try_out(OnnxEncoder(card, threads=1))
    parent = models_folder()
    place = parent / chosen
    if place.exists():
        raise UsageError(
            f"There is a model {chosen!r} already. Remove it first, or give another name "
            f"with --name: lookalike models remove {chosen}"
        )
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".adding-", dir=parent))
        try:
            if card is None:
                copy_towers(folder, chosen, draft)
            else:
                _write(card, chosen, draft)
            _keep(draft)
            draft.rename(place)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    except OSError as error:
        raise ModelError(f"The model cannot be copied to {place}: {error}.") from error
    return place


def delete(name: str) -> None:
    """Remove an added model.

    Raises:
        ModelNotFoundError: no model of that name has been added.
        ModelError: its files cannot be removed.
    """
    place = models_folder() / name
    if not _NAME.fullmatch(name) or not place.is_dir():
        raise ModelNotFoundError(
            f"No model {name!r} has been added; those that ship with Lookalike stay."
        )
    try:
        gone = Path(tempfile.mkdtemp(prefix=".removing-", dir=place.parent))
        place.rename(gone / name)
        shutil.rmtree(gone)
    except OSError as error:
        raise ModelError(f"The model in {place} cannot be removed: {error}.") from error


def _try_out(encoder: Encoder) -> None:
    """Encode one grey picture: a graph that loads may still give something else."""
    import numpy as np

    card = encoder.card
    side = card.input_size
    try:
        vectors = encoder.encode(np.full((1, side, side, 3), 127, np.uint8)).vectors
    except ModelFileError:
        raise
    except Exception as error:  # onnxruntime raises classes of its own, without a common root
        raise ModelFileError(f"The graph {card.model_path} cannot be run: {error}") from error
    length = float(np.linalg.norm(vectors))
    if not np.isfinite(length) or abs(length - 1.0) > 1e-2:
        raise ModelFileError(
            f"The graph {card.model_path} gives a vector of length {length:.3g}; expected 1."
        )


def _write(card: ModelCard, name: str, draft: Path) -> None:
    values = json.loads((card.folder / CARD_FILE).read_text(encoding="utf-8"))
    values["name"] = name
    if card.labels is not None:
        values["labels"] = Path(card.labels).name
    (draft / CARD_FILE).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(card.model_path, draft / MODEL_FILE)
    if card.labels is not None:
        shutil.copyfile(card.folder / card.labels, draft / Path(card.labels).name)


def _keep(draft: Path) -> None:
    """Flush every file to the disk, and let others read the folder."""
    for path in draft.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    draft.chmod(0o755)
