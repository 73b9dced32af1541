"""What can be asked without a library."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .results import Labels
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from .encoders import Encoder, ModelCard
    from .query import QueryImage

__all__ = ["models", "recognize"]


def recognize(image: QueryImage, *, k: int = 5, settings: Settings | None = None) -> Labels:
    """Return the ``k`` most probable ImageNet names for what is in a picture.

    Needs no library. The network is loaded once and kept. See
    :func:`lookalike.recognition.recognize`.
    """
    from .encoders import DEFAULT_MODEL
    from .recognition import recognize as recognize_image

    settings = load_settings() if settings is None else settings
    encoder = _encoder(settings.model or DEFAULT_MODEL)
    return recognize_image(image, encoder=encoder, settings=settings, k=k)


def models() -> tuple[ModelCard, ...]:
    """Return the cards of the models that are installed."""
    from .encoders import model_cards

    return tuple(model_cards())


@lru_cache(maxsize=1)
def _encoder(name: str) -> Encoder:
    from .encoders import load_encoder

    return load_encoder(name)
