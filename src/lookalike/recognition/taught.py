"""Which of the user's names each image of a library has, for the fields of filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog import examples as named
from lookalike.catalog.following import Following
from lookalike.filters.own_labels import ByName, OwnLabels

if TYPE_CHECKING:
    from .fitting import NameModel

__all__ = ["TaughtNames"]

_CELLS = 4_000_000
_UNKNOWN = -1


class TaughtNames:
    """Gives the images of each of the user's names, once for a state of the library.

    An image that is an example has the names it was given; every other one that which
    recognition answers, or none where that is "unknown".
    """

    def __init__(
        self, catalog: Catalog, generation: Generation, model: Callable[[], NameModel | None]
    ) -> None:
        self._catalog, self._generation, self._model = catalog, generation, model
        self._found = Following(catalog, lambda _before: self._answered())

    def __call__(self) -> OwnLabels:
        """Return the names, and the ids of the images of each, ascending."""
        return OwnLabels(self._found())

    def _answered(self) -> ByName:
        model = self._model()
        with self._catalog.reading() as connection:
            given = [
                (one.name, one.image_id)
                for one in named.examples(connection)
                if one.image_id is not None
            ]
        found: dict[str, list[NDArray[np.int64]]] = {name: [] for name, _ in given}
        examples = np.array([image_id for _, image_id in given], dtype=np.int64)
        if model is not None:
            found |= {name: [] for name in model.names}
            rows = max(1, _CELLS // max(len(model.examples), len(model.names)))
            after = 0
            while True:
                vector_ids, image_ids, vectors = self._catalog.vectors_after(
                    self._generation.id, after, limit=rows
                )
                if not len(vector_ids):
                    break
                after = int(vector_ids[-1])
                classes = _best(model, vectors)
                classes[np.isin(image_ids, examples)] = _UNKNOWN
                for place in np.unique(classes[classes != _UNKNOWN]):
                    found[model.names[place]].append(image_ids[classes == place])
        for name, image_id in given:
            found[name].append(np.array([image_id], dtype=np.int64))
        none = np.empty(0, dtype=np.int64)
        return {name: np.unique(np.concatenate([none, *parts])) for name, parts in found.items()}


def _best(model: NameModel, vectors: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the place of the name of each vector (m, d), (m,); -1 for an unknown thing."""
    probabilities, unknown = model.probabilities(vectors)
    best = probabilities.argmax(axis=1)
    return np.where(unknown < 0.5, best, _UNKNOWN).astype(np.int64)
