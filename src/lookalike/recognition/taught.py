"""Which of the user's names each image of a library has, as a field of filters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog import examples as named
from lookalike.catalog.columns import one_of
from lookalike.catalog.tables import images
from lookalike.errors import UsageError
from lookalike.filters.fields import Expression, Test, say_what
from lookalike.filters.label_fields import meant, names_like, same_names
from lookalike.filters.where import Compare, Like, Missing, Name, Value

if TYPE_CHECKING:
    from .fitting import NameModel

__all__ = ["TaughtField", "TaughtNames"]

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
        self._lock = threading.Lock()
        self._version = -1
        self._found: ByName = {}

    def __call__(self) -> ByName:
        """Return the ids of the images of each name, ascending."""
        with self._lock:
            version = self._catalog.data_version()
            if version != self._version:
                self._found = self._answered()
                self._version = version
            return self._found

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
class TaughtField:
    """The user's own names of an image: a test asks whether any of them passes.

    ``!=`` and ``not`` therefore ask whether none does. Large and small letters are the same.
    """

    by_name: Callable[[], ByName]
    meaning: str = "name of your own, given to the picture or recognised in it"

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Tell whether an image has one of the names that pass."""
        by_name = self.by_name()
        names = sorted(by_name)
        if isinstance(test, Missing):
            return sa.not_(_any(by_name, names))
        if isinstance(test, Like):
            return _any(by_name, [names[place] for place in names_like(names, test.pattern)])
        if isinstance(test, Compare):
            if test.operator not in ("=", "!="):
                say_what(test.name, "a name; compare it with =, !=, in or like")
            own = _any(by_name, _named(test.name, names, test.value))
            return own if test.operator == "=" else sa.not_(own)
        wanted = [found for value in test.values for found in _named(test.name, names, value)]
        return _any(by_name, wanted)

    def keys(self) -> Sequence[Expression]:
        """Sort by nothing: an image may have several names."""
        return ()

    def number(self) -> Expression | None:
        """Return None: names are no numbers."""
        return None


def _any(by_name: ByName, names: Sequence[str]) -> sa.ColumnElement[bool]:
    ids = {image_id for name in set(names) for image_id in by_name[name].tolist()}
    return images.c.id.in_(one_of(sorted(ids)))


def _named(name: Name, names: Sequence[str], value: Value | Name) -> list[str]:
    if not isinstance(value, str):
        say_what(name, "a name; write it in single quotes")
    found = [names[place] for place in same_names(names, value)]
    if not found:
        known = (
            f"was taught no such name.{meant(names, value)}"
            if names
            else "was taught no names yet. Teach one: lookalike label add NAME IMAGE…"
        )
        raise UsageError(f"{name} = {value!r}: the library {known}")
    return found
