"""Names from ImageNet-1k, from the class probabilities of the default network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lookalike.encoders import DEFAULT_MODEL, Encoder, load_encoder
from lookalike.errors import ModelError, UsageError
from lookalike.query import QueryImage, encode_picture
from lookalike.results import Label, Labels
from lookalike.settings import Settings, load_settings

from .fitting import NameModel
from .learned import name_picture

__all__ = ["recognize", "recognize_with"]


def recognize_with(
    image: QueryImage,
    *,
    encoder: Encoder,
    settings: Settings,
    k: int = 5,
    names: NameModel | None = None,
) -> Labels:
    """Return the ``k`` most probable names for what is in a picture.

    The probabilities are the softmax of the network's 1000 class scores; they sum to one
    over all classes. With ``names`` the user's own names stand beside them, apart.

    Raises:
        UsageError: ``k`` is below 1.
        SourceError, ImageError: the picture cannot be read.
        ModelError: the model gives no class probabilities, and there are no ``names``.
    """
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    picture = encode_picture(image, encoder, settings)
    own = None if names is None else name_picture(names, picture.vector, k=k)
    probabilities = picture.probabilities
    if probabilities is None:
        if own is None:
            raise ModelError(f"The model {encoder.card.name} names no classes.")
        return Labels(picture.name, (), own)
    known = encoder.card.label_names
    best = np.argsort(-probabilities, kind="stable")[:k]
    labels = tuple(Label(known[index], float(probabilities[index])) for index in best)
    return Labels(picture.name, labels, own)


def recognize(image: QueryImage, *, k: int = 5, settings: Settings | None = None) -> Labels:
    """Return the ``k`` most probable ImageNet names for what is in a picture.

    Needs no library. The network is loaded once and kept. See :func:`recognize_with`.
    """
    settings = load_settings() if settings is None else settings
    encoder = _encoder(settings.model or DEFAULT_MODEL)
    return recognize_with(image, encoder=encoder, settings=settings, k=k)


@lru_cache(maxsize=1)
def _encoder(name: str) -> Encoder:
    return load_encoder(name)
