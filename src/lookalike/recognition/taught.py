"""Which of the user's names each image of a library has, for the fields of filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog import examples as named
from lookalike.catalog.columns import one_of
from lookalike.catalog.following import Following
from lookalike.catalog.tables import images

if TYPE_CHECKING:
    from .fitting import NameModel

__all__ = ["OwnLabels", "TaughtNames"]

_CELLS = 4_000_000
_UNKNOWN = -1

ByName = Mapping[str, NDArray[np.int64]]


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


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """The user's labels in a state of the library, and the images of each."""

    by_name: ByName

    @property
    def names(self) -> Sequence[str]:
        """All labels that there are."""
        return list(self.by_name)

    @property
    def lacks(self) -> str:
        """A phrase for a label that is not among them."""
        if self.by_name:
            return "the library was taught no such name"
        return "the library was taught none yet (teach one: lookalike label add NAME IMAGE…)"

    def having(self, places: Sequence[int]) -> sa.ColumnElement[bool]:
        """Tell whether an image has one of the labels at these places."""
        names = self.names
        ids = {one for place in places for one in self.by_name[names[place]].tolist()}
        return images.c.id.in_(one_of(sorted(ids)))

    def missing(self) -> sa.ColumnElement[bool]:
        """Tell whether an image has none."""
        return sa.not_(self.having(range(len(self.by_name))))

    def counts(
        self, connection: sa.Connection, passing: sa.ColumnElement[bool]
    ) -> Mapping[str, int]:
        """Return how many of the images that pass have each label."""
        ids = np.fromiter(connection.scalars(sa.select(images.c.id).where(passing)), np.int64)
        return {name: int(np.isin(found, ids).sum()) for name, found in self.by_name.items()}
