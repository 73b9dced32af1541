"""Which models there are, by name or by folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import ModelNotFoundError

from .card import CARD_FILE, ModelCard, read_card

if TYPE_CHECKING:
    from .protocol import Encoder

__all__ = ["DEFAULT_MODEL", "load_encoder", "model_card", "model_cards"]

DEFAULT_MODEL = "efficientnet-lite0"
"""The model that is used when none is named."""

_SHIPPED = Path(__file__).parent / "models"


def model_cards() -> tuple[ModelCard, ...]:
    """Return the cards of the models that are installed, by name."""
    return tuple(_read(folder) for folder in sorted(_SHIPPED.iterdir()) if _is_model(folder))


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

    return OnnxEncoder(model_card(name), threads=threads)


def _folder(name: str) -> Path:
    shipped = _SHIPPED / name
    if name == Path(name).name and _is_model(shipped):
        return shipped
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


@lru_cache(maxsize=16)
def _read(folder: Path) -> ModelCard:
    return read_card(folder)
