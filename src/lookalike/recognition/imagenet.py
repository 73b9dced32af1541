"""Names from ImageNet-1k, from the class probabilities of the default network."""

from __future__ import annotations

import numpy as np

from lookalike.encoders import Encoder
from lookalike.errors import ModelError, UsageError
from lookalike.query import QueryImage, read_query
from lookalike.results import Label, Labels
from lookalike.settings import Settings

from .fitting import NameModel
from .named import name_picture

__all__ = ["recognize"]


def recognize(
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
    name, picture = read_query(image, settings=settings, shortest_side=encoder.card.decode_side)
    encoding = encoder.encode(encoder.prepare(picture.pixels)[None])
    own = None if names is None else name_picture(names, encoding.vectors[0], k=k)
    probabilities = encoding.probabilities
    if probabilities is None:
        if own is None:
            raise ModelError(f"The model {encoder.card.name} names no classes.")
        return Labels(name, (), own)
    known = encoder.card.label_names
    best = np.argsort(-probabilities[0], kind="stable")[:k]
    return Labels(
        name, tuple(Label(known[index], float(probabilities[0, index])) for index in best), own
    )
