"""Which models there are, by name or by folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import ModelNotFoundError, UsageError

from .added import copy_in, delete, models_folder
from .card import CARD_FILE, ModelCard, read_card

if TYPE_CHECKING:
    from .protocol import Encoder

__all__ = [
    "DEFAULT_MODEL",
    "add_model",
    "load_encoder",
    "model_card",
    "model_cards",
    "models",
    "remove_model",
]

DEFAULT_MODEL = "efficientnet-lite0"
"""The model that is used when none is named."""

_SHIPPED = Path(__file__).parent / "models"


def model_cards() -> tuple[ModelCard, ...]:
    """Return the cards of the models that are installed: those that ship, then the added ones.

    Raises:
        ModelFileError: the card of an added model is damaged.
    """
    return tuple(
        _read(folder)
        for parent in (_SHIPPED, models_folder())
        if parent.is_dir()
        for folder in sorted(parent.iterdir())
        if _is_model(folder) and not folder.name.startswith(".")
    )


def add_model(folder: str | Path, *, name: str | None = None) -> ModelCard:
    """Copy a model into the user's data folder, to be used by its name from then on.

    Args:
        folder: with ``card.json`` and ``model.onnx``, as training writes them; or a pair of
            towers, as model hubs lay them out (see :mod:`lookalike.encoders.texts.hub_folder`).
        name: what to call it; None takes that of its card.

    Raises:
        ModelNotFoundError: the folder holds no model.
        ModelFileError: its card or its graph is damaged.
        UsageError: the name cannot be one of a model, or is taken.
    """
    source = Path(folder).expanduser()
    chosen = name or (read_card(source).name if _is_model(source) else "")
    if chosen and _is_model(_SHIPPED / chosen):
        raise UsageError(
            f"{chosen!r} is the name of a model that ships with Lookalike; give another one "
            "with --name."
        )
    place = copy_in(source, name)
    _read_as_of.cache_clear()
    return _read(place)


def remove_model(name: str) -> None:
    """Remove an added model. Libraries that use it cannot be searched until it is back.

    Raises:
        ModelNotFoundError: no model of that name has been added.
    """
    delete(name)
    _read_as_of.cache_clear()


def model_card(name: str = DEFAULT_MODEL) -> ModelCard:
    """Return the card of a model, given its name or the folder of its files.

    Raises:
        ModelNotFoundError: there is no such model.
        ModelFileError: its card is damaged.
    """
    return _read(_folder(name))


def load_encoder(name: str = DEFAULT_MODEL, *, threads: int | None = None) -> Encoder:
    """Load a model, given its name or the folder of its files.

    Args:
        name: such as "efficientnet-lite0", or a folder with ``card.json`` and ``model.onnx``.
        threads: processor threads for one batch; None takes as many as there are cores.

    Raises:
        ModelNotFoundError: there is no such model.
        ModelFileError: its card or its graph is damaged.
        UsageError: ``threads`` is below 1.
    """
    from .onnx_encoder import OnnxEncoder
    from .texts.tower_encoder import TowerEncoder, has_towers

    card = model_card(name)
    if has_towers(card.folder):
        return TowerEncoder(card, threads=threads)
    return OnnxEncoder(card, threads=threads)


def _folder(name: str) -> Path:
    shipped = _SHIPPED / name
    if name and name == Path(name).name:
        for place in (shipped, models_folder() / name):
            if _is_model(place):
                return place
    folder = Path(name).expanduser()
    if _is_model(folder):
        return folder.absolute()
    known = ", ".join(card.name for card in model_cards())
    raise ModelNotFoundError(
        f"There is no model {name!r}. Installed: {known}. A folder that holds {CARD_FILE} and "
        "model.onnx may be named instead."
    )


def _is_model(folder: Path) -> bool:
    return (folder / CARD_FILE).is_file()


def _read(folder: Path) -> ModelCard:
    try:
        found = (folder / CARD_FILE).stat()
    except OSError:
        return read_card(folder)
    return _read_as_of(folder, found.st_mtime_ns, found.st_ino)


@lru_cache(maxsize=16)
def _read_as_of(folder: Path, _changed: int, _inode: int) -> ModelCard:
    """Read a card anew only when its file is another one: training may replace it."""
    return read_card(folder)


def models() -> tuple[ModelCard, ...]:
    """Return the cards of the models that are installed."""
    return tuple(model_cards())
