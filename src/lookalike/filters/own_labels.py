"""The user's own labels, as a source of labels for the fields of filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.catalog.columns import one_of
from lookalike.catalog.tables import images

__all__ = ["ByName", "OwnLabels"]

ByName = Mapping[str, NDArray[np.int64]]
"""The ids of the images of each label, ascending."""


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
            return "the library was taught no such label"
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
